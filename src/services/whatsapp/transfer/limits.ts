// How large a session may be. One with ten thousand contacts has about 60 MB of JSON in 15 000 files.
const MEBIBYTE = 1_048_576

/** What is sent or read: a zip, a JSON document. */
export const LARGEST_DOCUMENT = 64 * MEBIBYTE
/** All files of a zip or a folder together, unpacked. */
export const LARGEST_SESSION = 192 * MEBIBYTE
/** One file of a zip or a folder, unpacked. */
export const LARGEST_FILE = LARGEST_DOCUMENT
export const MOST_FILES = 100_000
/** How deep folders are searched. */
export const DEEPEST_FOLDER = 6
