// Calls a function of a module with arguments that are read as JSON, and prints what it returns.
const [module, name] = process.argv.slice(2);
const functions = await import(module);
console.log(JSON.stringify(functions[name](...JSON.parse(await Bun.stdin.text())) ?? null));
