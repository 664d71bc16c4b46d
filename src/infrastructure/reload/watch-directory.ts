import { watch } from 'node:fs';

/** Who hears of a directory. */
export interface DirectoryListener {
  /** Something of that name changed, was made or went; null if the system does not say what. The directory's own name stands for itself. */
  changed(name: string | null): void;
  /** Nothing is heard any more. */
  failed(error: unknown): void;
}

/** Watches a directory until what it returns is called. @throws Error if that can't be done */
export type WatchDirectory = (directory: string, listener: DirectoryListener) => () => void;

/** Watches a directory by the system's means (inotify). */
export const watchDirectory: WatchDirectory = (directory, listener) => {
  // Watching alone must not keep the process alive.
  const watcher = watch(directory, { persistent: false }, (_event, name) => listener.changed(name));
  watcher.on('error', (error) => listener.failed(error));
  return () => watcher.close();
};
