/** What the command line says stands above the file: addresses as HOST:PORT. */
export type Flags = { readonly data?: string; readonly control?: string; readonly pdp?: string }
