"use strict";
const header = JSON.parse(document.getElementById("header").textContent);
const languages = new Map(header.languages.map((language, place) => [language.code, {...language, place}]));
const control = Object.fromEntries(
  ["model", "other", "task", "metric", "source", "target", "layer", "step"].map(id => [id, document.getElementById(id)]));
const COLOURS = ["#0072B2", "#D55E00"];
const NONE = "none";
let bytes = null;
let sorting = {column: "value", down: true};
const state = {model: "", other: "", task: "", metric: "", source: "", target: "", layer: null, step: null};

const spoken = code => code === null ? "" : (languages.get(code)?.name || code);
const place = code => languages.get(code)?.place ?? -1;
const metricOf = grid => grid.metric + " " + grid.split;
const said = value => value === null ? NONE : String(value);
const written = value => Number.isFinite(value) ? value.toFixed(Math.abs(value) < 100 ? 4 : 1).replace("-", "−") : "";
const unique = values => [...new Set(values)];

// ---------------------------------------------------------------- the numbers

async function unpacked() {
  const text = atob(document.getElementById("payload").textContent);
  const packed = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) packed[at] = text.charCodeAt(at);
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

let offset = 0;
for (const grid of header.grids) {
  grid.size = grid.pairs.length * grid.layers.length * grid.steps.length;
  grid.stored = new Map(grid.scales.map(([name, low, step]) => {
    const start = offset;
    offset += 2 * grid.size;
    return [name, {low, step, start}];
  }));
  grid.pairPlace = new Map(grid.pairs.map((pair, at) => [pair.join(" "), at]));
}

// Whole arrays are read when they are first asked for.
function values(grid, which) {
  const stored = grid.stored.get(which);
  if (!stored) return null;
  if (!stored.array) {
    const {low, step, start} = stored, row = grid.steps.length;
    const found = new Float64Array(grid.size);
    let code = 0;
    for (let at = 0; at < grid.size; at++) {
      const difference = bytes[start + at] | bytes[start + grid.size + at] << 8;
      code = at % row ? code + difference & 65535 : difference;
      found[at] = code ? low + (code - 1) * step : NaN;
    }
    stored.array = found;
  }
  return stored.array;
}

function at(grid, pair, layer, step, which = "value") {
  const array = values(grid, which);
  const where = [grid.pairPlace.get(pair.join(" ")), grid.layers.indexOf(layer), grid.steps.indexOf(step)];
  if (!array || where.some(one => one === undefined || one < 0)) return NaN;
  return array[(where[0] * grid.layers.length + where[1]) * grid.steps.length + where[2]];
}

const gridOf = model => header.grids.find(grid =>
  grid.model === model && grid.task === state.task && metricOf(grid) === state.metric);

// What a model has that is nearest to a layer or step: a fetched model may have other steps.
function nearest(known, wanted) {
  if (known.includes(wanted)) return wanted;
  const numbers = known.filter(one => one !== null);
  if (!numbers.length) return null;
  if (wanted === null) return numbers[numbers.length - 1];
  return numbers.reduce((best, one) => Math.abs(one - wanted) < Math.abs(best - wanted) ? one : best);
}

// Between languages: some pair has two of them.
const betweenLanguages = grid => grid.pairs.some(([source, target]) => source && target && source !== target);

// The colours of all steps and layers, without languages paired with themselves.
function range(grids) {
  let low = Infinity, high = -Infinity;
  for (const grid of grids) {
    const array = values(grid, "value"), between = betweenLanguages(grid);
    const size = grid.layers.length * grid.steps.length;
    grid.pairs.forEach(([source, target], pair) => {
      if (between && source === target) return;
      for (let one = pair * size; one < (pair + 1) * size; one++) {
        if (array[one] < low) low = array[one];
        if (array[one] > high) high = array[one];
      }
    });
  }
  return low < high ? [low, high] : Number.isFinite(low) ? [low - .5, low + .5] : [0, 1];
}

// ---------------------------------------------------------------- what is chosen

function options(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, text]) => new Option(text, value, false, value === chosen)));
  select.disabled = choices.length < 2;
}

function settle() {
  const models = unique(header.grids.map(grid => grid.model));
  if (!models.includes(state.model)) state.model = models[0];
  const mine = header.grids.filter(grid => grid.model === state.model);
  if (!mine.some(grid => grid.task === state.task)) state.task = (mine.find(betweenLanguages) ?? mine[0]).task;
  const ofTask = mine.filter(grid => grid.task === state.task);
  if (!ofTask.some(grid => metricOf(grid) === state.metric)) {
    const best = ofTask.find(betweenLanguages) ?? ofTask[0];
    state.metric = metricOf(best);
  }
  const grid = gridOf(state.model);
  const others = models.filter(model => model !== state.model && gridOf(model));
  if (!others.includes(state.other)) state.other = "";
  const sources = unique(grid.pairs.map(([source]) => said(source)));
  if (!sources.includes(state.source)) state.source = sources[0];
  const targets = grid.pairs.filter(([source]) => said(source) === state.source).map(([, target]) => said(target));
  if (!targets.includes(state.target)) state.target = targets.find(one => one !== state.source) ?? targets[0];
  state.layer = nearest(grid.layers, state.layer);
  state.step = nearest(grid.steps, state.step);

  const named = codes => codes.map(code => [code, spoken(code)]).sort(([a], [b]) => place(a) - place(b));
  const title = new Map(mine.map(one => [one.task, one.title]));
  options(control.model, models.map(one => [one, one]), state.model);
  options(control.other, [["", "no other"], ...others.map(one => [one, one])], state.other);
  options(control.task, [...title], state.task);
  options(control.metric, ofTask.map(one => [metricOf(one), one.metric.replace(/_/g, " ") + ", " + one.split]),
    state.metric);
  options(control.source, named(sources), state.source);
  options(control.target, named(targets), state.target);
  for (const [name, known] of [["layer", grid.layers], ["step", grid.steps]]) {
    control[name].max = known.length - 1;
    control[name].value = known.indexOf(state[name]);
    control[name].disabled = known.length < 2;
    document.getElementById(name + "-said").value = state[name] === null ? "" : state[name].toLocaleString("en");
  }
  const address = "#" + new URLSearchParams(Object.entries(state).filter(([, value]) => value !== "" && value !== null));
  // a report shows the page in a frame that has no address
  try { history.replaceState(null, "", address); } catch { /* the view is right without it */ }
}

function fromAddress() {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const [name, value] of wanted)
    if (name in state) state[name] = name === "layer" || name === "step" ? Number(value) : value;
}

function choose(changes) {
  Object.assign(state, changes);
  settle();
  schedule();
}

const pairChosen = () => [state.source === NONE ? null : state.source, state.target === NONE ? null : state.target];

// ---------------------------------------------------------------- the charts

const dark = matchMedia("(prefers-color-scheme: dark)");

function look() {
  const [ink, grid, paper] = dark.matches ? ["#e6e6e6", "#33373c", "#16181b"] : ["#222", "#eee", "#fff"];
  const words = {labelColor: ink, titleColor: ink, labelFontSize: 11, titleFontSize: 11, titleFontWeight: "normal"};
  return {
    background: paper, font: "Liberation Sans, Arial, Helvetica, sans-serif", view: {stroke: null},
    axis: {...words, gridColor: grid, domainColor: ink, tickColor: ink}, legend: words,
    text: {color: ink}, rule: {color: ink},
  };
}

const STEPS = "datum.value === null ? 'none' : datum.value === 0 ? '0' : format(datum.value, '~s')";
const missing = () => dark.matches ? "#2b2e33" : "#EDEDED";
const tip = (...fields) => fields.map(field => ({field, type: "nominal"}));
const NAMED = "names[datum.value] || datum.value";
const named = codes => ({name: "names", value: Object.fromEntries(codes.map(code => [code, spoken(code)]))});
const schema = {$schema: "https://vega.github.io/schema/vega-lite/v6.json", width: "container",
  autosize: {type: "fit-x", contains: "padding"}};
const colour = {field: "value", type: "quantitative", title: null, legend: {gradientLength: 120, format: ".3~f"},
  scale: {scheme: "viridis", clamp: true, domainMin: {expr: "low"}, domainMax: {expr: "high"}}};
const bounds = [{name: "low", value: 0}, {name: "high", value: 1}];
const outlined = {type: "rect", fill: null, stroke: "#D55E00", strokeWidth: 3};

function curveSpec(steps, models) {
  const x = {field: "step", type: "ordinal", title: "step", scale: {type: "point", domain: steps},
    axis: {labelExpr: STEPS, labelOverlap: "greedy", labelAngle: 0}};
  const color = {field: "model", type: "nominal", title: null, scale: {domain: models, range: COLOURS},
    legend: models.length > 1 ? {orient: "top"} : null};
  const y = {type: "quantitative", title: null, scale: {zero: false}};
  return {
    ...schema, height: 240,
    layer: [
      {data: {name: "now"}, mark: {type: "rule", strokeDash: [3, 3]}, encoding: {x}},
      {data: {name: "rows"}, mark: {type: "area", opacity: .2},
        encoding: {x, y: {...y, field: "low"}, y2: {field: "high"}, color}},
      {data: {name: "rows"}, mark: {type: "line", point: {size: 50, filled: true}},
        encoding: {x, y: {...y, field: "value"}, color, tooltip: tip("model", "step", "shown", "deviation", "runs")}},
    ],
  };
}

function matrixSpec(codes, size) {
  const axis = {labelExpr: NAMED, labelLimit: 110};
  const x = {field: "target", type: "ordinal", title: "target", scale: {domain: codes},
    axis: {...axis, labelAngle: -45}};
  const y = {field: "source", type: "ordinal", title: "source", scale: {domain: codes}, axis};
  return {
    ...schema, height: Math.max(120, size * codes.length), view: {fill: missing()},
    params: [...bounds, named(codes)],
    layer: [
      {data: {name: "rows"}, mark: {type: "rect", cursor: "pointer"},
        encoding: {x, y, color: colour, tooltip: tip("from", "to", "shown", "deviation")}},
      {data: {name: "chosen"}, mark: outlined, encoding: {x, y}},
    ],
  };
}

function dotSpec(codes) {
  const y = {field: "target", type: "ordinal", title: null, scale: {domain: codes},
    axis: {labelExpr: NAMED, labelLimit: 160}};
  const x = {field: "value", type: "quantitative", title: null, scale: {domainMin: {expr: "low"}, domainMax: {expr: "high"}}};
  return {
    ...schema, height: Math.max(60, 18 * codes.length),
    params: [...bounds, named(codes)],
    layer: [
      {data: {name: "rows"}, mark: {type: "point", filled: true, size: 70, cursor: "pointer", color: COLOURS[0]},
        encoding: {x, y, tooltip: tip("to", "shown", "deviation")}},
      {data: {name: "chosen"}, mark: {type: "point", filled: false, size: 140, color: COLOURS[1], strokeWidth: 2},
        encoding: {x, y}},
    ],
  };
}

function heatSpec(steps, layers) {
  const x = {field: "step", type: "ordinal", title: "step", scale: {domain: steps},
    axis: {labelExpr: STEPS, labelOverlap: "greedy", labelAngle: 0}};
  const y = {field: "layer", type: "ordinal", title: "layer", scale: {domain: [...layers].reverse()}};
  return {
    ...schema, height: Math.max(90, 20 * layers.length), view: {fill: missing()}, params: bounds,
    layer: [
      {data: {name: "rows"}, mark: {type: "rect", cursor: "pointer"},
        encoding: {x, y, color: colour, tooltip: tip("layer", "step", "shown", "deviation")}},
      {data: {name: "chosen"}, mark: outlined, encoding: {x, y}},
    ],
  };
}

const charts = new Map();

// A chart is made anew where its axes change, and given other rows where they do not.
async function draw(id, spec, data, signals = {}, click = null) {
  const key = JSON.stringify([spec, dark.matches]);
  if (charts.get(id)?.key !== key) {
    charts.get(id)?.view.finalize();
    const full = {...spec, datasets: data};
    full.params = spec.params?.map(param => param.name in signals ? {...param, value: signals[param.name]} : param);
    const made = await vegaEmbed("#" + id, full, {renderer: "svg", config: look(),
      actions: {export: true, source: false, compiled: false, editor: false}});
    charts.set(id, {key, view: made.view});
    if (click) made.view.addEventListener("click", (event, item) => item?.datum && click(item.datum));
    return;
  }
  const {view} = charts.get(id);
  for (const [name, rows] of Object.entries(data)) view.data(name, rows);
  for (const [name, value] of Object.entries(signals)) view.signal(name, value);
  await view.runAsync();
}

function placeOf(grid, pair, layer, step) {
  const value = at(grid, pair, layer, step), deviation = at(grid, pair, layer, step, "deviation");
  return {source: pair[0], target: pair[1], from: spoken(pair[0]), to: spoken(pair[1]), layer, step, value,
    shown: written(value), deviation: written(deviation), spread: Number.isFinite(deviation) ? deviation : 0,
    runs: grid.runs ?? at(grid, pair, layer, step, "runs"), model: grid.model};
}

async function render() {
  const grids = [state.model, state.other].filter(Boolean).map(gridOf);
  const [grid] = grids, pair = pairChosen(), title = grid.title + ", " + grid.metric.replace(/_/g, " ");
  const pairSaid = pair[0] === pair[1] ? spoken(pair[0]) : pair.map(spoken).filter(Boolean).join(" → ") || "all languages";
  const steps = unique(grids.flatMap(one => one.steps)).sort((a, b) => a - b);
  const at_ = grids.map(one => [nearest(one.layers, state.layer), nearest(one.steps, state.step)]);
  const [low, high] = range(grids);
  const layerSaid = layer => layer === null ? "" : ", layer " + layer;
  const stepSaid = step => step === null ? "" : ", step " + step.toLocaleString("en");
  const placeSaid = ([layer, step]) => layerSaid(layer) + stepSaid(step);
  // What is said of the second model where it is shown at another layer or step than the first.
  const apart = where => grids.length > 1 && where(at_[1]) !== where(at_[0]) ? where(at_[1]) || ", of no layer or step" : "";
  const put = (id, text) => document.getElementById(id).textContent = text;

  const otherLayer = apart(([layer]) => layerSaid(layer));
  put("curve-title", title + ": " + pairSaid + layerSaid(state.layer)
    + (otherLayer ? " (" + state.other + otherLayer + ")" : ""));
  const rows = grids.flatMap((one, which) => one.steps.map(step => placeOf(one, pair, at_[which][0], step)))
    .filter(row => Number.isFinite(row.value))
    .map(row => ({...row, low: row.value - row.spread, high: row.value + row.spread}));
  await draw("curve", curveSpec(steps, grids.map(one => one.model)), {rows, now: [{step: state.step}]}, {},
    datum => "step" in datum && choose({step: datum.step}));

  for (const element of document.querySelectorAll(".second")) element.hidden = !state.other;
  document.getElementById("views").classList.toggle("two", Boolean(state.other));
  const codes = unique(grids.flatMap(one => one.pairs.flat())).filter(Boolean).sort((a, b) => place(a) - place(b));
  const pick = datum => datum.target !== undefined
    && choose({source: said(datum.source), target: said(datum.target)});
  const many = betweenLanguages(grid);
  for (const [which, one] of grids.entries()) {
    const end = which ? "-other" : "", [layer, step] = at_[which];
    put("matrix" + end + "-title", one.model + layerSaid(layer) + stepSaid(step));
    const cells = one.pairs.map(other => placeOf(one, other, layer, step)).filter(row => Number.isFinite(row.value));
    const chosen = cells.filter(row => row.source === pair[0] && row.target === pair[1]);
    await draw("matrix" + end, many ? matrixSpec(codes, codes.length > 12 ? 20 : 30) : dotSpec(codes),
      {rows: cells, chosen}, {low, high}, pick);
    put("heat" + end + "-title", one.model + ": " + pairSaid);
    const places = one.layers.flatMap(layer => one.steps.map(step => placeOf(one, pair, layer, step)))
      .filter(row => Number.isFinite(row.value));
    await draw("heat" + end, heatSpec(one.steps, one.layers),
      {rows: places, chosen: [{layer, step}]}, {low, high},
      datum => "layer" in datum && choose({layer: datum.layer, step: datum.step}));
  }
  table(grids, at_, placeSaid(at_[0]), state.other + apart(placeSaid));
}

// One drawing at a time; the last state wins.
let drawing = null, again = false;
function schedule() {
  if (drawing) { again = true; return; }
  drawing = new Promise(requestAnimationFrame).then(render).finally(() => {
    drawing = null;
    document.body.dataset.drawn = Number(document.body.dataset.drawn || 0) + 1;
    if (again) { again = false; schedule(); }
  });
}

// ---------------------------------------------------------------- the table

function tableRows(grids, at_) {
  const [grid, other] = grids;
  return grid.pairs.map(pair => {
    const row = placeOf(grid, pair, ...at_[0]);
    if (!other) return row;
    const beside = at(other, pair, ...at_[1]);
    return {...row, beside, difference: row.value - beside};
  }).filter(row => Number.isFinite(row.value) || Number.isFinite(row.beside));
}

const columns = other => [["from", "source"], ["to", "target"], ["value", state.model], ["spread", "deviation"],
  ...(other ? [["beside", other], ["difference", "difference"]] : [])];

function table(grids, at_, where, other) {
  document.getElementById("table-title").textContent = grids[0].title + where;
  const shown = columns(other), {column, down} = sorting;
  const rows = tableRows(grids, at_).sort((a, b) => {
    const order = typeof a[column] === "number" ? a[column] - b[column] : String(a[column]).localeCompare(String(b[column]));
    return down ? -order : order;
  });
  const head = document.createElement("tr");
  for (const [key, name] of shown) {
    const cell = document.createElement("th"), button = document.createElement("button");
    button.type = "button";
    button.textContent = name + (key === column ? down ? " ▼" : " ▲" : "");
    button.addEventListener("click", () => { sorting = {column: key, down: key === column ? !down : true}; schedule(); });
    cell.append(button);
    head.append(cell);
  }
  document.querySelector("#table thead").replaceChildren(head);
  document.querySelector("#table tbody").replaceChildren(...rows.map(row => {
    const line = document.createElement("tr");
    if (said(row.source) === state.source && said(row.target) === state.target) line.className = "chosen";
    for (const [key] of shown) {
      const cell = document.createElement("td");
      cell.textContent = key === "spread" ? row.deviation : typeof row[key] === "number" ? written(row[key]) : row[key] ?? "";
      line.append(cell);
    }
    line.addEventListener("click", () => choose({source: said(row.source), target: said(row.target)}));
    return line;
  }));
}

// ---------------------------------------------------------------- files

function csv(rows) {
  const names = ["model", "task", "metric", "split", "source", "target", "layer", "step", "value", "deviation"];
  const quoted = value => value === null || Number.isNaN(value) ? "" : /[",\n]/.test(value)
    ? '"' + String(value).replaceAll('"', '""') + '"' : String(value);
  return [names, ...rows.map(row => names.map(name => row[name]))].map(row => row.map(quoted).join(",")).join("\n") + "\n";
}

function placesOf(grid, pairs, layers, steps) {
  const digits = which => Math.max(0, Math.ceil(-Math.log10(grid.stored.get(which).step)));
  const found = [];
  for (const pair of pairs) for (const layer of layers) for (const step of steps) {
    const value = at(grid, pair, layer, step), deviation = at(grid, pair, layer, step, "deviation");
    if (Number.isFinite(value)) found.push({
      model: grid.model, task: grid.task, metric: grid.metric, split: grid.split, source: pair[0], target: pair[1],
      layer, step, value: Number(value.toFixed(digits("value"))),
      deviation: Number.isFinite(deviation) ? Number(deviation.toFixed(digits("deviation"))) : NaN,
    });
  }
  return found;
}

function saved(all) {
  const grids = [state.model, state.other].filter(Boolean).map(gridOf);
  return csv(grids.flatMap(grid => placesOf(grid, grid.pairs,
    all ? grid.layers : [nearest(grid.layers, state.layer)], all ? grid.steps : [nearest(grid.steps, state.step)])));
}

function save(all) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([saved(all)], {type: "text/csv"}));
  link.download = [state.model, state.task, state.metric.replace(/ /g, "-")].join("-") + ".csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

// ---------------------------------------------------------------- start

for (const name of ["model", "other", "task", "metric", "source", "target"])
  control[name].addEventListener("input", () => choose({[name]: control[name].value}));
for (const name of ["layer", "step"])
  control[name].addEventListener("input", () =>
    choose({[name]: gridOf(state.model)[name + "s"][Number(control[name].value)]}));
document.getElementById("controls").addEventListener("submit", event => event.preventDefault());
document.getElementById("save-table").addEventListener("click", () => save(false));
document.getElementById("save-measure").addEventListener("click", () => save(true));
addEventListener("hashchange", () => { fromAddress(); choose({}); });
dark.addEventListener("change", schedule);

(async () => {
  const note = document.getElementById("state");
  if (!header.grids.length) {
    note.textContent = "There are no scores yet.";
    return;
  }
  try {
    bytes = await unpacked();
  } catch (error) {
    note.textContent = "The scores cannot be unpacked here: " + error.message
      + ". A browser of 2023 or later is needed (DecompressionStream).";
    throw error;
  }
  note.remove();
  document.getElementById("views").hidden = false;
  fromAddress();
  choose({});
})();
