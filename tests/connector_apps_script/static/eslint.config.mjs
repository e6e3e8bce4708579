// Run from the project root: the files that it checks lie outside this folder.
import {readdirSync, readFileSync} from 'node:fs';

import js from '@eslint/js';

const folder = 'connector_apps_script';
const services = ['DataStudioApp', 'PropertiesService', 'ScriptApp', 'Session', 'UrlFetchApp', 'Utilities'];
const functionsOf = Object.fromEntries(
  readdirSync(folder)
    .filter(name => name.endsWith('.js'))
    .map(name => [name, [...readFileSync(`${folder}/${name}`, 'utf8').matchAll(/^function (\w+)/gm)].map(match => match[1])]),
);
const strict = {
  eqeqeq: 'error',
  'no-shadow': 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'max-len': ['error', {code: 120}],
};

/** Apps Script loads all files into one scope: each may call the functions of the others and define none of them. */
const scriptFiles = Object.keys(functionsOf).map(name => ({
  files: [`${folder}/${name}`],
  languageOptions: {
    ecmaVersion: 2019,
    sourceType: 'script',
    globals: Object.fromEntries(
      Object.entries(functionsOf)
        .filter(([other]) => other !== name)
        .flatMap(([, functions]) => functions)
        .concat(services)
        .map(global => [global, 'readonly']),
    ),
  },
  rules: {
    ...strict,
    // Entry points and what other files call are used from outside the file; tsc finds names that nobody defines.
    'no-unused-vars': ['error', {vars: 'local'}],
    'no-restricted-globals': name === 'backend.js' ? 'off' : ['error', 'UrlFetchApp'],
  },
}));

export default [
  js.configs.recommended,
  ...scriptFiles,
  {
    files: ['sandbox/looker/runtime.js'],
    languageOptions: {ecmaVersion: 2022, sourceType: 'script'},
    rules: strict,
  },
];
