// The fonts of the reader's system: nothing to load, and nobody else's servers.
import theme from 'vitepress/theme-without-fonts';

export default theme;
