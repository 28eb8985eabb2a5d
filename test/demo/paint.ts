/** Colours for a terminal. */

const CODES = { green: 32, red: 31, yellow: 33, grey: 90, bold: 1 } as const;

/** Colour is a colour or weight that a terminal has. */
export type Colour = keyof typeof CODES;

/** Paint colours a text; `plain` leaves it as it is, for pipes and tests. */
export type Paint = (colour: Colour, text: string) => string;

/** ansi paints with the terminal's own sixteen colours. */
export const ansi: Paint = (colour, text) => `\u001b[${CODES[colour]}m${text}\u001b[0m`;

/** plain paints nothing. */
export const plain: Paint = (_colour, text) => text;
