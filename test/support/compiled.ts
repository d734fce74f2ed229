// What programs of pgrant get that a test starts: half the time of a short one is the compiling of its modules.
import { fileURLToPath } from 'node:url';

export const compiled = {
  NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/pgrant', import.meta.url)),
};
