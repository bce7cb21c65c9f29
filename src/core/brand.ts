declare const brand: unique symbol

/** A `T` that only its parser makes, so that two of them cannot be swapped by mistake. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }
