// The folder of this version on the server: of this module and of the bundle, which stands beside it.
export const BASE = new URL('..', import.meta.url);
