import { RacewayError } from '../../domain/errors.ts';
import type { Command } from '../context.ts';
import { type OptionName, options } from '../option.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/**
 * `raceway completion SHELL`
 *
 * @param commands all of them, this one too
 */
export function completionCommand(commands: () => readonly Command[]): Command {
  return {
    name: 'completion',
    summary: 'print what lets a shell complete commands and options',
    description:
      'Prints a script for bash, zsh or fish. In bash: source <(raceway completion bash); in zsh the\n' +
      'same with zsh; in fish: raceway completion fish | source.',
    options: [],
    operand: { name: 'SHELL', countMax: 1 },
    run(_values, context, [shell = '']) {
      const known = shells.find((name) => name === shell);
      if (known === undefined) {
        throw new RacewayError('bad_request', `completion is there for ${shells.join(', ')}`);
      }
      context.print(known === 'fish' ? fishScript(commands()) : bashScript(commands(), known));
      return 0;
    },
  };
}

function wordsOf(names: readonly OptionName[]): string[] {
  return [...names.map((name) => `--${name}`), '--help'];
}

function bashScript(commands: readonly Command[], shell: 'bash' | 'zsh'): string {
  const names = [...commands.map(({ name }) => name), '--help', '--version'].join(' ');
  return [
    ...(shell === 'zsh' ? ['autoload -U +X bashcompinit && bashcompinit'] : []),
    '_raceway() {',
    `  local word="\${COMP_WORDS[COMP_CWORD]}" words`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${names}"`,
    '  else',
    `    case "\${COMP_WORDS[1]}" in`,
    ...commands.map(
      ({ name, options: own }) => `      ${name}) words="${wordsOf(own).join(' ')}" ;;`,
    ),
    '      *) return ;;',
    '    esac',
    '  fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$word"))',
    '}',
    'complete -o default -F _raceway raceway',
  ].join('\n');
}

function fishScript(commands: readonly Command[]): string {
  const quoted = (text: string) => `'${text.replace(/[\\']/g, '\\$&')}'`;
  return commands
    .flatMap(({ name, summary, options: own }) => [
      `complete -c raceway -f -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`,
      ...own.map((option) => {
        const { short, value, description } = options[option];
        const letter = short === null ? '' : ` -s ${short}`;
        const takes = value === null ? '' : ' -r';
        return `complete -c raceway -n ${quoted(`__fish_seen_subcommand_from ${name}`)} -l ${option}${letter}${takes} -d ${quoted(description)}`;
      }),
    ])
    .join('\n');
}
