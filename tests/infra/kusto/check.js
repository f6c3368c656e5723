// Queries through Microsoft's own Kusto language service: what it finds wrong, and which columns come out.
// stdin: {"tables": {name: [[column, type], ...]}, "queries": [text, ...]}; argv[2]: the package's folder.
// stdout: [{"problems": [text, ...], "columns": [[name, type], ...]}, ...]
"use strict";
const { readFileSync } = require("fs");
const { join } = require("path");
const { runInThisContext } = require("vm");

for (const file of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
    runInThisContext(readFileSync(join(process.argv[2], file), "utf8"));
}
const { Symbols, GlobalState, KustoCode } = Kusto.Language;

const list = (found) => Array.from({ length: found ? found.Count : 0 }, (_, at) => found.getItem(at));
const given = JSON.parse(readFileSync(0, "utf8"));
const tables = Object.entries(given.tables).map(([name, columns]) =>
    Symbols.TableSymbol.From(`(${columns.map(([column, type]) => `${column}:${type}`).join(", ")})`).WithName(name));
const state = GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.ctor("workspace", tables));

const answers = given.queries.map((query) => {
    const code = KustoCode.ParseAndAnalyze(query, state);
    return {
        problems: list(code.GetDiagnostics()).map((one) => `${one.Code}: ${one.Message}`),
        columns: list(code.ResultType && code.ResultType.Columns).map((one) => [one.Name, one.Type.Name]),
    };
});
process.stdout.write(JSON.stringify(answers));
