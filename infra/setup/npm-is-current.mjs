/**
 * Exits 0 when node_modules holds what package-lock.json says, 1 when it does not. npm writes down what it
 * installed in node_modules/.package-lock.json, once it has done so; `npm install` and `npm ci` alike. Optional
 * packages are those of other platforms, so they may be absent. Runs on Node 20, before there is a newer one.
 */
import { existsSync, readFileSync } from 'node:fs';

const installedFile = 'node_modules/.package-lock.json';

const packagesIn = (file) => JSON.parse(readFileSync(file, 'utf8')).packages;

function isCurrent() {
  if (!existsSync(installedFile)) return false;
  const [locked, installed] = [packagesIn('package-lock.json'), packagesIn(installedFile)];
  const same = ([path, { version, integrity, optional }]) => {
    const found = installed[path];
    if (path === '' || (found === undefined && optional === true)) return true;
    return found?.version === version && found?.integrity === integrity && existsSync(path);
  };
  return Object.entries(locked).every(same) && Object.keys(installed).every((path) => path in locked);
}

process.exitCode = isCurrent() ? 0 : 1;
