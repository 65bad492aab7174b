import { render } from 'preact';
import { App } from './app/app.tsx';
import { watchKeys } from './app/keys.ts';
import { applyTheme } from './app/preferences.ts';
import { watchAddress } from './app/route.ts';
import { readSession } from './app/session.ts';
import './style/tokens.css';
import './style/base.css';
import './style/shell.css';
import './style/lists.css';
import './style/race.css';
import './style/trace.css';

applyTheme();
watchAddress();
watchKeys();
void readSession();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
