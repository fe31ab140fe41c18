// All scripts of the page as one file, assets/js/bundle.js, so that a visit asks for one and not for two
// hundred.  `npm --prefix .ci run bundle` writes it; with --check it only says whether it is today's.
//
// Its first line is the digest of the scripts it was made of (`files.of_scripts` in Python is the same):
// where another is found there, the server gives the scripts one by one.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const SCRIPTS = new URL('../assets/js/', import.meta.url).pathname,
  BUNDLE = `${SCRIPTS}bundle.js`;

function digest() {
  const total = createHash('sha256');
  const names = readdirSync(SCRIPTS, { recursive: true }).filter((name) => /\.js$/.test(name) && name !== 'bundle.js');
  for (const name of names.sort()) total.update(`${name}\0`).update(readFileSync(SCRIPTS + name)).update('\0');
  return total.digest('hex').slice(0, 12);
}

const made = await build({
  absWorkingDir: SCRIPTS,
  entryPoints: ['app.js'],
  banner: { js: `// ${digest()}, with d3-scale (ISC licence: vendor/d3-scale.LICENSE)` },
  bundle: true,
  charset: 'utf8',
  format: 'esm',
  legalComments: 'inline',
  logLevel: 'warning',
  minify: true,
  write: false,
});
const [{ contents }] = made.outputFiles;
if (!process.argv.includes('--check')) writeFileSync(BUNDLE, contents);
else if (!readFileSync(BUNDLE).equals(Buffer.from(contents))) {
  console.error('assets/js/bundle.js is of other scripts: npm --prefix .ci run bundle');
  process.exitCode = 1;
}
