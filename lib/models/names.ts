// The same names as those of the Go package (`models.ValidName` and the like), written so that no name takes long to refuse.

/** The name of most objects: a letter, then letters, digits, blanks and `_.-`; two characters at least. */
export const NAME = /^\p{L}[\p{L}\p{N} _.-]+$/u;

/** The name of a machine, or the ID of a template, which may begin with a digit. */
export const NUMBER_NAME = /^[\p{L}\p{N}][\p{L}\p{N} _.-]+$/u;

/** The name of a param, which may have slashes. */
export const PARAM_NAME = /^\p{L}[\p{L}\p{N} _./-]+$/u;
