// What this browser remembers of a visitor. A page in another's frame may be denied its storage: then it
// remembers for as long as it is open.

const here = new Map();

export const recall = (key) => {
  try {
    return localStorage.getItem(key);
  } catch {
    return here.get(key) ?? null;
  }
};

export const remember = (key, value) => {
  try {
    localStorage.setItem(key, value);
  } catch {
    here.set(key, value);
  }
};
