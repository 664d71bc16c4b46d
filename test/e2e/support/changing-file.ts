import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A file that is written by one of the ways in which files are; gives its name. */
export type WriteFile = (text: string) => string;

/** As a shell's redirection does: the same file, emptied and filled again. */
export function inPlace(directory: string): WriteFile {
  const file = join(directory, 'weir.yaml');
  return (text) => {
    writeFileSync(file, text);
    return file;
  };
}

/** As careful editors do: a new file gets the name of the old one in one step. */
export function renamed(directory: string): WriteFile {
  const file = join(directory, 'weir.yaml');
  return (text) => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
    return file;
  };
}

/** As the kubelet does for a mounted ConfigMap: a new directory, to which a link is set in one step. */
export function mounted(directory: string): WriteFile {
  let version = 0;
  return (text) => {
    const [old, name] = [`..version-${version++}`, `..version-${version}`];
    mkdirSync(join(directory, name));
    writeFileSync(join(directory, name, 'weir.yaml'), text);
    symlinkSync(name, join(directory, '..data_tmp'));
    renameSync(join(directory, '..data_tmp'), join(directory, '..data'));
    if (version === 1) symlinkSync('..data/weir.yaml', join(directory, 'weir.yaml'));
    rmSync(join(directory, old), { recursive: true, force: true });
    return join(directory, 'weir.yaml');
  };
}
