import { readlinkSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, sep } from 'node:path';

/** As many symbolic links as Linux follows. */
const MOST_LINKS = 40;

/** Directories, and the names in each that a change of the file shows at. */
export type Places = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * Where it shows that a file changes: in its directory, and in that of every symbolic link on the way to it. What Kubernetes mounts is
 * `file -> ..data/file` and `..data -> ..2026_11_30/`, and a new version is a new `..data`. Where something on the way is missing, it is
 * the directory that it is missing from.
 */
export function placesOf(file: string): Places {
  const places = new Map<string, Set<string>>();
  const add = (directory: string, name: string): void => {
    places.set(directory, (places.get(directory) ?? new Set()).add(name));
  };
  const rest = namesOf(isAbsolute(file) ? file : join(process.cwd(), file));
  let at: string = sep;
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const path = join(at, name);
    const target = linkAt(path);
    if (target !== undefined && ++links <= MOST_LINKS) {
      add(at, name);
      rest.unshift(...namesOf(target));
      if (isAbsolute(target)) at = sep;
    } else if (rest.length === 0 || !isDirectory(path)) {
      add(at, name);
      break;
    } else {
      at = path;
    }
  }
  return places;
}

/** Whether a change of that name in a watched directory is of interest; the directory's own name stands for itself. */
export function concerns(places: Places, directory: string, name: string | null): boolean {
  return name === null || name === basename(directory) || places.get(directory)?.has(name) === true;
}

/** `..` stays: behind a link it means another directory than before it. */
function namesOf(path: string): string[] {
  return path.split(sep).filter((name) => name !== '' && name !== '.');
}

function linkAt(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
