// Prints one JSON value a line.
//
// What JSON has no form for is printed as other languages read it, sets without an order; dates turn
// into text by themselves.
const plain = (_: string, value: unknown) => {
  if (value instanceof Set) return [...value].sort();
  if (value instanceof Map) return Object.fromEntries(value);
  return typeof value === "bigint" ? Number(value) : value;
};

export const print = (item: unknown) => console.log(JSON.stringify(item, plain));
