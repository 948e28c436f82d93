import { parseVersion } from '../../workflows/domain/version.ts';

/** True where the version is of this minor or a later one; false of what is not a version. */
export function isAtLeastMinor(text: string, major: number, minor: number): boolean {
  const version = parseVersion(text);
  return version !== null && (version.major > major || (version.major === major && version.minor >= minor));
}
