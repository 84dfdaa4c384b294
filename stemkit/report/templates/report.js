// The page's only script: timeline, filters, sorting. It asks for nothing from anywhere.
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const make = (tag, name, text) => {
    const element = document.createElement(tag);
    if (name) element.className = name;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const shown = (value, digits = 1) =>
    value === null || value === undefined ? "–" : value.toFixed(digits).replace(/^-(?=0\.?0*$)/, "").replace("-", "−");

  // ---- findings: filters and order ----
  function filters() {
    const bar = $("#filters");
    if (!bar) return;
    const items = $$("#findings .items > li");
    const homes = items.map((item) => [item, item.parentNode]);
    const groups = $$("#findings .group");
    const first = $("#first-group");
    const none = $("#filter-none");
    const chosen = { state: "", role: "", code: "", order: "chapter" };
    function apply() {
      let seen = 0;
      for (const item of items) {
        const fits = ["state", "role", "code"].every((key) => !chosen[key] || item.dataset[key] === chosen[key]);
        item.hidden = !fits;
        seen += fits;
      }
      const isFlat = chosen.order === "first";
      if (isFlat) {
        const list = $(".items", first);
        [...items].sort((a, b) => a.dataset.rank - b.dataset.rank).forEach((item) => list.append(item));
      } else homes.forEach(([item, home]) => home.append(item));
      for (const group of groups) group.hidden = !$$(".items > li:not([hidden])", group).length;
      none.hidden = seen > 0;
      document.body.classList.toggle("flat", isFlat);
    }
    bar.addEventListener("change", (event) => {
      chosen[event.target.dataset.filter] = event.target.value;
      apply();
    });
    bar.hidden = false;
  }

  // ---- tables: sorting ----
  function sorting() {
    for (const head of $$("table.sortable th[data-sort]")) {
      const button = make("button", "sort", head.textContent);
      head.textContent = "";
      head.append(button);
      button.addEventListener("click", () => {
        const table = head.closest("table"), body = table.tBodies[0];
        const down = head.getAttribute("aria-sort") === "ascending";
        $$("th[aria-sort]", table).forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const key = (row) => row.getAttribute(`data-${head.dataset.sort}`) ?? "";
        const compare = (a, b) => {
          const one = key(a), two = key(b);
          if (one === "" || two === "") return (one === "") - (two === "");
          const order = isNaN(one) || isNaN(two) ? one.localeCompare(two) : one - two;
          return down ? -order : order;
        };
        [...body.rows].sort(compare).forEach((row) => body.append(row));
      });
    }
  }

  // ---- timeline ----
  async function unpack(curve) {
    const bytes = Uint8Array.from(atob(curve.data), (mark) => mark.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const view = new DataView(await new Response(stream).arrayBuffer());
    const levels = new Array(view.byteLength / 2);
    let units = 0;
    for (let i = 0; i < levels.length; i++) {
      units = (units + view.getUint16(i * 2, true)) & 0xffff;
      const signed = units >= 0x8000 ? units - 0x10000 : units;
      levels[i] = signed === curve.undefined ? null : signed / curve.scale;
    }
    return levels;
  }

  function timecode(clock, seconds) {
    const two = (value) => String(value).padStart(2, "0");
    if (!clock) return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
    let frame = Math.floor((seconds * clock.fps[0]) / clock.fps[1] + 1e-6) + clock.start;
    if (clock.drop) {
      const dropped = clock.nominal / 15, ten = clock.nominal * 600 - 9 * dropped, one = clock.nominal * 60 - dropped;
      const rest = frame % ten, full = clock.nominal * 60;
      frame += dropped * (9 * Math.floor(frame / ten) + (rest >= full ? Math.floor((rest - full) / one) + 1 : 0));
    }
    const whole = Math.floor(frame / clock.nominal);
    const parts = [Math.floor(whole / 3600) % 24, Math.floor(whole / 60) % 60, whole % 60].map(two);
    return `${parts.join(":")}${clock.drop ? ";" : ":"}${two(frame % clock.nominal)}`;
  }

  async function timeline() {
    const holder = $("#timeline-data"), figure = $("#timeline");
    if (!holder || !figure || typeof DecompressionStream === "undefined") return;
    const data = JSON.parse(holder.textContent), say = data.words;
    const count = Math.ceil(data.duration * 10) + 1;
    const xs = Float64Array.from({ length: count }, (_, i) => i / 10);
    async function onGrid(curve) {
      const levels = new Array(count).fill(null);
      if (!curve) return levels;
      const offset = Math.round(curve.window * 5);
      (await unpack(curve)).forEach((level, i) => { if (i + offset < count) levels[i + offset] = level; });
      return levels;
    }
    const roles = ["VO", "SFX", "MUSIC"].filter((role) => data.curves[role]);
    const full = { s: await onGrid(data.curves.FULL.s), m: await onGrid(data.curves.FULL.m) };
    const byRole = {};
    for (const role of roles) byRole[role] = { s: await onGrid(data.curves[role].s), m: await onGrid(null) };
    const voice = data.voice && (await onGrid(data.voice));
    const limiter = data.limiter && (await onGrid(data.limiter));
    const duck = data.duck && (await onGrid(data.duck));
    const loudest = full.m.reduce((most, level) => (level !== null && level > most ? level : most), -30);
    const middle = data.target ? data.target[0] : -23;
    const range = [middle - 27, Math.max(middle + 9, loudest + 3)];
    const least = Math.min(1, data.duration);

    const live = $("#live");
    live.hidden = false;
    figure.classList.add("is-live");
    const tools = make("div", "tools");
    const readout = make("p", "readout");
    readout.setAttribute("role", "status");
    readout.setAttribute("aria-live", "polite");
    const stage = make("div", "stage");
    stage.tabIndex = 0;
    stage.setAttribute("role", "group");
    stage.setAttribute("aria-label", say.label);
    stage.title = say.help;
    live.append(stage, readout, tools);

    let colour = {};
    function colours() {
      const style = getComputedStyle(document.documentElement);
      for (const name of ["ink", "soft", "hair", "rule", "sheet", "paper", "ok", "note", "warning", "error", "full", "vo", "sfx", "music", "sans"])
        colour[name] = style.getPropertyValue(`--${name}`).trim();
    }
    colours();
    const tint = (name) => colour[{ FULL: "full", VO: "vo", SFX: "sfx", MUSIC: "music" }[name] ?? name];
    const charts = [];
    let view = [0, data.duration], cursorAt = null;

    const shownChapter = (seconds) => data.chapters.find((chapter) => seconds >= chapter[2] && seconds < chapter[3]);
    const nearMark = (seconds, reach) => {
      let best = null;
      for (const mark of data.marks) {
        const off = Math.abs(mark[0] - seconds);
        if (off <= reach && (!best || off < Math.abs(best[0] - seconds))) best = mark;
      }
      return best;
    };

    function setView(from, to) {
      let length = Math.min(Math.max(to - from, least), data.duration);
      from = Math.min(Math.max(from, 0), data.duration - length);
      view = [from, from + length];
      for (const chart of charts) chart.setScale("x", { min: view[0], max: view[1] });
      marker.style.left = `${(100 * view[0]) / data.duration}%`;
      marker.style.width = `${(100 * length) / data.duration}%`;
      marker.hidden = length >= data.duration - 1e-6;
      figure.dataset.view = view.map((edge) => edge.toFixed(3)).join(" ");
    }
    const zoom = (factor, at = (view[0] + view[1]) / 2) => setView(at - (at - view[0]) * factor, at + (view[1] - at) * factor);
    const pan = (share) => { const by = (view[1] - view[0]) * share; setView(view[0] + by, view[1] + by); };
    const show = (seconds) => { const half = Math.min(10, data.duration / 2); setView(seconds - half, seconds + half); tell(seconds); };

    function tell(seconds) {
      cursorAt = seconds;
      const i = Math.min(count - 1, Math.max(0, Math.round(seconds * 10)));
      const chapter = shownChapter(seconds), mark = nearMark(seconds, (view[1] - view[0]) / 80);
      readout.textContent = "";
      readout.append(make("b", "", timecode(data.clock, seconds)));
      if (chapter) {
        const link = make("a", "", `${say.chapter} ${chapter[0]} ${chapter[1]}`);
        link.href = `#ch${chapter[0]}`;
        readout.append(link);
      }
      readout.append(make("span", "FULL", `${say.mix} ${say.short} ${shown(full.s[i])}, ${say.momentary} ${shown(full.m[i])}`));
      for (const role of roles) readout.append(make("span", role, `${say[role]} ${shown(byRole[role].s[i])}`));
      if (voice && voice[i] !== null) readout.append(make("span", "", `${say.voice} ${shown(voice[i])} LU`));
      if (duck && duck[i]) readout.append(make("span", "", `${say.duck} ${shown(duck[i])} dB`));
      if (limiter && limiter[i]) readout.append(make("span", "", `${say.limiter} ${shown(limiter[i])} dB`));
      if (mark) readout.append(make("span", `mark-${mark[1]}`, `${mark[2]} ${mark[3]}`));
      // the scales move at the end of this task
      requestAnimationFrame(() => charts.forEach((chart) => chart.setCursor({ left: chart.valToPos(seconds, "x"), top: 10 }, false)));
    }

    // what lies behind and over the curves
    function behind(u, isMain) {
      const c = u.ctx, { left, top, width, height } = u.bbox, px = devicePixelRatio;
      c.save();
      c.beginPath(); c.rect(left, top, width, height); c.clip();
      data.chapters.forEach((chapter, i) => {
        if (i % 2 === 0) return;
        const x = u.valToPos(chapter[2], "x", true);
        c.fillStyle = colour.sheet;
        c.fillRect(x, top, u.valToPos(chapter[3], "x", true) - x, height);
      });
      c.strokeStyle = colour.hair; c.lineWidth = px;
      for (let level = Math.ceil(range[0] / 10) * 10; level < range[1]; level += 10) {
        const y = Math.round(u.valToPos(level, "y", true)) + 0.5;
        c.beginPath(); c.moveTo(left, y); c.lineTo(left + width, y); c.stroke();
      }
      if (isMain && data.target) {
        const high = u.valToPos(data.target[2], "y", true), low = u.valToPos(data.target[1], "y", true);
        c.globalAlpha = 0.38; c.fillStyle = colour.ok;
        c.fillRect(left, high, width, Math.max(px, low - high));
        c.globalAlpha = 1;
      }
      for (const [at, , isDegraded] of data.joins) {
        const x = Math.round(u.valToPos(at, "x", true)) + 0.5;
        c.strokeStyle = isDegraded ? colour.warning : colour.rule;
        c.setLineDash(isDegraded ? [3 * px, 3 * px] : []);
        c.beginPath(); c.moveTo(x, top); c.lineTo(x, top + height); c.stroke();
      }
      c.restore();
    }
    function over(u, isMain) {
      const c = u.ctx, { left, top, width, height } = u.bbox, px = devicePixelRatio;
      c.save();
      c.beginPath(); c.rect(left, top, width, height); c.clip();
      // gain that was taken away, hanging from above: the limiter's over the mix, ducking over the roles
      const lowered = isMain ? limiter : duck;
      if (lowered) {
        c.fillStyle = isMain ? colour.error : colour.music; c.globalAlpha = isMain ? 0.5 : 0.28;
        const step = Math.max(1, Math.floor(((view[1] - view[0]) * 10) / width)), first = Math.floor(view[0] * 10);
        const place = (i) => Math.round(u.valToPos(i / 10, "x", true));
        for (let i = first - (first % step); i < Math.min(count, view[1] * 10); i += step) {
          let deepest = 0;
          for (let j = i; j < Math.min(count, i + step); j++) deepest = Math.max(deepest, Math.abs(lowered[j] ?? 0));
          if (deepest) c.fillRect(place(i), top, Math.max(px, place(i + step) - place(i)), Math.min(deepest * (isMain ? 6 : 2) * px, height / 2));
        }
        c.globalAlpha = 1;
      }
      c.font = `${11 * px}px ${colour.sans}`;
      const write = (text, x, y) => {
        c.lineJoin = "round"; c.lineWidth = 4 * px; c.strokeStyle = colour.paper;
        c.strokeText(text, x, y); c.fillText(text, x, y);
      };
      c.textAlign = "left";
      c.font = `600 ${10.5 * px}px ${colour.sans}`;
      (isMain ? ["FULL"] : roles).reduce((x, name) => {
        c.fillStyle = tint(name);
        write(name, x, top + 15 * px);
        return x + c.measureText(name).width + 12 * px;
      }, left + 6 * px);
      c.font = `${11 * px}px ${colour.sans}`;
      c.fillStyle = colour.soft; c.textAlign = "right";
      for (let level = Math.ceil((range[0] + 2) / 10) * 10; isMain && level < range[1] - 2; level += 10)
        write(shown(level, 0), left + width - 4 * px, u.valToPos(level, "y", true) + 4 * px);
      c.textAlign = "left";
      if (isMain && view[1] - view[0] < data.duration)
        for (const chapter of data.chapters) {
          const from = Math.max(left, u.valToPos(chapter[2], "x", true)), to = Math.min(left + width, u.valToPos(chapter[3], "x", true));
          if (to - from < 36 * px) continue;
          c.save(); c.beginPath(); c.rect(from, top, to - from - 4 * px, height); c.clip();
          c.fillStyle = colour.ink;
          write(`${chapter[0]}  ${chapter[1]}`, from + 6 * px, top + height - 7 * px);
          c.restore();
        }
      // many overs would hide the curve: they get their lines when one comes closer
      const isClose = data.marks.filter((mark) => mark[1] === "over" && mark[0] >= view[0] && mark[0] <= view[1]).length <= 24;
      if (isMain)
        for (const [at, kind] of data.marks) {
          const x = u.valToPos(at, "x", true), y = top + 1;
          if (x < left - 5 || x > left + width + 5) continue;
          c.fillStyle = colour[{ error: "error", over: "error", warning: "warning" }[kind] ?? "note"];
          c.beginPath(); c.moveTo(x - 4.5 * px, y); c.lineTo(x + 4.5 * px, y); c.lineTo(x, y + 8 * px); c.closePath(); c.fill();
          if (kind === "over" && isClose) c.fillRect(x - px / 2, y, px, height);
        }
      c.restore();
    }

    function chart(height, series, isMain, hasAxis) {
      const box = make("div", isMain ? "chart main" : "chart");
      stage.append(box);
      const plain = { show: false };
      const options = {
        width: stage.clientWidth, height, padding: [0, 0, 0, 0], legend: plain, series: [{}, ...series.map((one) => one.style)],
        cursor: { x: true, y: false, points: plain, drag: { x: true, y: false, setScale: false } },
        scales: { x: { time: false, range: () => view }, y: { range } },
        axes: [
          { show: hasAxis, size: 22, gap: 2, align: 1, stroke: () => colour.soft, font: `11px ${colour.sans}`, grid: plain, ticks: { stroke: () => colour.rule, size: 5, width: 1 }, space: 96,
            incrs: [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800],
            values: (u, ticks) => ticks.map((tick) => ((view[1] - tick) / (view[1] - view[0]) < 72 / stage.clientWidth ? "" : view[1] - view[0] > 24 ? timecode(data.clock, tick).slice(0, data.clock ? 8 : 99) : timecode(data.clock, tick))) },
          plain,
        ],
        hooks: {
          drawClear: [(u) => behind(u, isMain)],
          draw: [(u) => over(u, isMain)],
          setSelect: [(u) => {
            if (u.select.width > 4) setView(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
            u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
          }],
        },
      };
      const u = new uPlot(options, [xs, ...series.map((one) => one.levels)], box);
      u.over.addEventListener("mousemove", (event) => tell(u.posToVal(event.clientX - u.over.getBoundingClientRect().left, "x")));
      u.over.addEventListener("dblclick", () => setView(0, data.duration));
      charts.push(u);
      return u;
    }
    const line = (name, width, alpha) => ({ stroke: () => tint(name), width, alpha, points: { show: false } });
    const marker = make("div", "window");
    $(".strip-box").append(marker);
    marker.hidden = true;
    const area = (name, alpha) => ({ stroke: "transparent", width: 0, fill: () => tint(name), fillTo: () => range[0], alpha, points: { show: false } });
    chart(190, [{ levels: full.m, style: area("FULL", 0.15) }, { levels: full.s, style: line("FULL", 1.4, 1) }], true, !roles.length);
    if (roles.length)
      chart(142, [
        ...roles.map((role) => ({ levels: byRole[role].m, style: { ...area(role, 0.16), show: false } })),
        ...roles.map((role) => ({ levels: byRole[role].s, style: line(role, 1.3, 1) })),
      ], false, true);

    // ways to move: buttons, keys, wheel, touch, the strip, places in the text
    const button = (text, label, act) => {
      const made = make("button", "", text);
      made.type = "button"; made.title = label; made.setAttribute("aria-label", label);
      made.addEventListener("click", act);
      tools.append(made);
      return made;
    };
    button("−", say.zoom_out, () => zoom(2));
    button("+", say.zoom_in, () => zoom(0.5));
    button("←", say.left, () => pan(-0.5));
    button("→", say.right, () => pan(0.5));
    const whole = button(say.whole, say.whole, () => setView(0, data.duration));
    whole.removeAttribute("title");
    for (const role of roles) {
      const toggle = button(say[role], say[role], () => {
        const isOn = toggle.getAttribute("aria-pressed") !== "true";
        toggle.setAttribute("aria-pressed", isOn);
        paint();
      });
      toggle.className = role;
      toggle.setAttribute("aria-pressed", true);
      toggle.dataset.role = role;
    }
    const fast = roles.length ? button(say.roles_momentary, say.roles_momentary, async () => {
      fast.setAttribute("aria-pressed", fast.getAttribute("aria-pressed") !== "true");
      if (!fast.dataset.unpacked) {
        fast.dataset.unpacked = "true";
        for (const role of roles) byRole[role].m = await onGrid(data.curves[role].m);
        charts[1].setData([xs, ...roles.map((role) => byRole[role].m), ...roles.map((role) => byRole[role].s)], false);
      }
      paint();
    }) : null;
    if (fast) fast.setAttribute("aria-pressed", false);
    function paint() {
      const isFast = fast && fast.getAttribute("aria-pressed") === "true";
      $$("[data-role]", tools).forEach((toggle, i) => {
        const isOn = toggle.getAttribute("aria-pressed") === "true";
        charts[1].setSeries(1 + i, { show: isOn && isFast });
        charts[1].setSeries(1 + roles.length + i, { show: isOn });
      });
    }
    function byChapter(direction) {
      const here = data.chapters.findIndex((chapter) => (view[0] + view[1]) / 2 < chapter[3]);
      const isWhole = view[1] - view[0] >= data.duration - 1e-6;
      const next = data.chapters[isWhole ? (direction > 0 ? 0 : data.chapters.length - 1) : here + direction];
      if (next) { setView(next[2], next[3]); tell(next[2]); }
    }
    const places = data.marks.map((mark) => mark[0]).sort((a, b) => a - b);
    const keys = {
      "+": () => zoom(0.5), "=": () => zoom(0.5), "-": () => zoom(2), 0: () => setView(0, data.duration),
      PageDown: () => byChapter(1), PageUp: () => byChapter(-1), Home: () => tell(view[0]), End: () => tell(view[1]),
      m: () => { const at = places.find((place) => place > (cursorAt ?? -1) + 0.01) ?? places[0]; if (at !== undefined) show(at); },
    };
    stage.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const side = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (side && event.shiftKey) pan(0.25 * side);
      else if (side) {
        const to = Math.min(data.duration, Math.max(0, (cursorAt ?? view[0]) + (side * (view[1] - view[0])) / 100));
        if (to < view[0] || to > view[1]) pan(0.5 * side);
        tell(to);
      } else if (keys[event.key]) keys[event.key]();
      else return;
      event.preventDefault();
    });
    stage.addEventListener("wheel", (event) => {
      const wide = view[1] - view[0];
      if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY / 300), view[0] + (event.offsetX / stage.clientWidth) * wide);
      else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan((event.deltaX || event.deltaY) / 800);
      else return;
      event.preventDefault();
    }, { passive: false });
    const touches = new Map();
    stage.addEventListener("pointerdown", (event) => { if (event.pointerType === "touch") touches.set(event.pointerId, event.clientX); });
    for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => touches.delete(event.pointerId));
    stage.addEventListener("pointermove", (event) => {
      const was = touches.get(event.pointerId);
      if (was === undefined) return;
      const others = [...touches].filter(([id]) => id !== event.pointerId).map(([, x]) => x);
      if (!others.length) pan((was - event.clientX) / stage.clientWidth);
      else zoom(Math.abs(was - others[0]) / Math.max(8, Math.abs(event.clientX - others[0])));
      touches.set(event.pointerId, event.clientX);
    });
    $$(".strip a").forEach((link) => link.addEventListener("click", (event) => {
      const chapter = data.chapters.find((one) => `#ch${one[0]}` === link.getAttribute("href"));
      if (!chapter) return;
      event.preventDefault();
      setView(chapter[2], chapter[3]);
      tell(chapter[2]);
    }));
    document.addEventListener("click", (event) => {
      const link = event.target.closest("[data-at]");
      if (link) show(Number(link.dataset.at));
    });
    new ResizeObserver(() => charts.forEach((u) => u.setSize({ width: stage.clientWidth, height: u.height }))).observe(stage);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { colours(); charts.forEach((u) => u.redraw(false)); });
    setView(0, data.duration);
    requestAnimationFrame(() => requestAnimationFrame(() => { document.documentElement.dataset.drawnMs = performance.now().toFixed(0); }));
  }

  filters();
  sorting();
  timeline().catch((error) => {
    // the still picture stays
    $("#timeline")?.classList.remove("is-live");
    $("#live")?.setAttribute("hidden", "");
    console.error(error);
  });
})();
