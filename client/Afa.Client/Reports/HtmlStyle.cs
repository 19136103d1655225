namespace Afa.Client.Reports;

/// <summary>The style sheet of the HTML report.</summary>
internal static class HtmlStyle
{
    /// <summary>Without the characters that XML would escape and a style sheet must not have escaped: ampersand, less, greater.</summary>
    public const string Sheet = """

        :root { color-scheme: light dark; --ink: #1b1f24; --soft: #57606a; --page: #ffffff; --card: #f4f6f8; --line: #d0d7de;
          --clean: #1f6fb2; --attacked: #c85200; --bad: #b3261e; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ed; --soft: #a3adb8; --page: #14181d; --card: #1f252c; --line: #3a434d;
          --clean: #4c9be0; --attacked: #f08a4b; --bad: #ff8a80; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif;
          overflow-wrap: anywhere; -webkit-text-size-adjust: 100%; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
        main { max-width: 1040px; margin: 0 auto; padding: 24px 16px 48px; }
        h1 { font-size: 1.7em; line-height: 1.2; margin: 0 0 4px; }
        h2 { font-size: 1.25em; margin: 36px 0 8px; }
        p { margin: 0 0 12px; }
        .subtitle, .note, caption, summary { color: var(--soft); }
        .message { border-left: 4px solid var(--bad); padding: 8px 12px; background: var(--card); }
        .warnings { border: 2px solid var(--bad); border-radius: 8px; padding: 10px 16px; margin: 16px 0; }
        .warnings h2, .warnings h3 { color: var(--bad); font-size: 1.1em; margin: 0 0 4px; }
        .warnings ul { margin: 0; padding-left: 20px; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(140px, 1fr)); gap: 12px; margin: 20px 0; }
        .card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 12px 14px; }
        .card.strong { border: 2px solid var(--attacked); }
        .card .figure { font-size: 2em; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
        .card .note { font-size: .85em; }
        .meter { position: relative; height: 10px; margin: 4px 0 6px; border-radius: 5px; background: var(--line); overflow: hidden; }
        .meter span { position: absolute; top: 0; bottom: 0; }
        .meter .band { background: var(--clean); opacity: .55; }
        .strong .meter .band { background: var(--attacked); }
        .meter .mark { width: 3px; margin-left: -1px; background: var(--ink); }
        aside { border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px; margin-top: 28px; font-size: .92em; }
        aside h2 { margin: 0; font-size: 1em; }
        aside ul { margin: 4px 0 0; padding-left: 20px; }
        .scroll { overflow-x: auto; }
        .scroll + .scroll { margin-top: 20px; }
        table { border-collapse: collapse; width: 100%; font-size: .93em; overflow-wrap: normal; }
        caption { text-align: left; padding: 4px 0; }
        th, td { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
        thead th { color: var(--soft); font-weight: 600; }
        tbody th { font-weight: 500; }
        .figures td, .figures thead th:not(:first-child) { text-align: right; padding: 5px 0 5px 14px; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .figures th { white-space: nowrap; }
        .ranking tbody th { white-space: normal; min-width: 10em; }
        .ranking thead th { vertical-align: bottom; }
        .facts { overflow-wrap: anywhere; table-layout: fixed; }
        .facts thead { display: none; }
        .facts caption { font-weight: 600; color: var(--ink); }
        .meanings caption { display: none; }
        .meanings th { white-space: nowrap; }
        .columns { columns: 2 380px; column-gap: 32px; }
        .columns .scroll { margin-bottom: 20px; }
        strong, span { unicode-bidi: isolate; }
        details { margin-top: 10px; }
        details.result { border-top: 1px solid var(--line); padding-top: 10px; }
        details.result .facts { margin-top: 24px; }
        .result .title { font-size: 1.15em; font-weight: 600; color: var(--ink); }
        summary { cursor: pointer; }
        .figures caption { display: none; }
        .legend { display: flex; flex-wrap: wrap; gap: 4px 20px; color: var(--soft); }
        .bar { display: inline-block; height: 12px; border-radius: 2px; vertical-align: middle; }
        .legend .bar { width: 26px; }
        .bar.clean { background: var(--clean); }
        .bar.attacked { background: repeating-linear-gradient(135deg, var(--attacked) 0 5px, var(--page) 5px 7px); border: 1px solid var(--attacked); }
        .bars { display: grid; grid-template-columns: minmax(80px, max-content) 1fr; gap: 7px 12px; align-items: center; }
        .bars .label { max-width: 32vw; line-height: 1.2; }
        .track { font-size: .85em; line-height: 1.3; white-space: nowrap; font-variant-numeric: tabular-nums; }
        .ranges { display: grid; grid-template-columns: minmax(80px, max-content) 1fr max-content; gap: 3px 14px; align-items: center; margin: 2px 0 28px; }
        .scroll + .legend { margin: 18px 0 0; }
        .ranges .label { max-width: 34vw; line-height: 1.2; }
        .ranges .value { font-variant-numeric: tabular-nums; }
        .range, .scale { position: relative; height: 20px; }
        .range { background: linear-gradient(var(--line), var(--line)) 0 50% / 100% 1px no-repeat; }
        .scale { color: var(--soft); font-size: .8em; }
        .scale span { position: absolute; transform: translateX(-50%); }
        .range .band { position: absolute; top: 5px; height: 10px; border-radius: 3px; background: var(--attacked); opacity: .4; }
        .range .sign { position: absolute; top: 50%; transform: translate(-50%, -50%); }
        .sign { display: inline-block; width: 11px; height: 11px; vertical-align: -1px; }
        .sign.robust { background: var(--attacked); border-radius: 2px; }
        .sign.clean { border: 2px solid var(--clean); border-radius: 50%; background: var(--page); }
        .examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(290px, 1fr)); gap: 18px; }
        figure { margin: 0; min-width: 0; break-inside: avoid; }
        .examples figure { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 6px; }
        .examples figcaption { grid-column: 1 / -1; }
        .examples img { display: block; width: 100%; height: auto; image-rendering: pixelated; border: 3px solid var(--line); }
        .examples .wrong img { border: 3px dashed var(--bad); }
        .prediction { font-size: .88em; line-height: 1.25; padding-top: 3px; }
        .wrong .prediction { color: var(--bad); font-weight: 650; }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 20px; }
        .charts figure { max-width: 640px; }
        .charts figcaption { display: flex; flex-wrap: wrap; gap: 0 14px; }
        svg { display: block; width: 100%; height: auto; }
        svg text { fill: var(--ink); font-size: 14px; }
        svg [fill="#010203"] { fill: var(--ink); }
        svg [stroke="#010203"] { stroke: var(--ink); }
        svg .frame { fill: none; stroke: var(--line); }
        svg .points { opacity: .75; }
        svg .mean { stroke: var(--ink); stroke-width: 1.5; }
        .legend svg.sign { display: inline-block; width: 15px; height: 15px; vertical-align: -3px; }
        .stack { display: flex; height: 30px; margin: 2px 0 12px; border-radius: 4px; overflow: hidden; }
        .stack span { color: #ffffff; font-size: .85em; line-height: 30px; padding-left: 6px; overflow: hidden; white-space: nowrap; min-width: 0;
          border-right: 1px solid var(--page); }
        .swatch { display: inline-block; width: 14px; height: 14px; border-radius: 3px; vertical-align: -2px; }
        .c0 { background: #5f6b76; } .c1 { background: #b84a00; } .c2 { background: #8e4585; } .c3 { background: #1f6fb2; }
        .c4 { background: #7a5c00; } .c5 { background: #00785a; } .c6 { background: #0b7285; }
        h3 { font-size: 1.02em; margin: 18px 0 6px; }
        .heat { width: auto; border-collapse: separate; border-spacing: 2px; font-size: .84em; }
        .heat th, .heat td { border: 0; padding: 3px 5px; text-align: center; font-variant-numeric: tabular-nums; white-space: nowrap; border-radius: 3px; }
        .heat tbody th, .heat thead th:first-child { text-align: right; padding-right: 8px; }
        .heat td { min-width: 2.9em; }
        .heat thead th { white-space: normal; max-width: 7em; vertical-align: bottom; }
        .heat .none { background: repeating-linear-gradient(135deg, var(--line) 0 2px, transparent 2px 6px); }
        .heat .together th, .heat .together td { font-weight: 650; border-top: 3px solid var(--page); }
        .heat.grid td { min-width: 1.6em; padding: 1px 3px; background: var(--card); }
        .heatscale { max-width: 320px; margin: 0 16px 22px; }
        .heatscale .scale span { white-space: nowrap; }
        .heatscale .strip { height: 12px; border-radius: 3px; }
        .classes { display: inline-block; vertical-align: middle; height: 26px; }
        .participants th, .participants td { vertical-align: middle; }
        .wraps { font-size: .86em; }
        .wraps tbody th { min-width: 6em; }
        .wraps thead th:not(:first-child), .wraps td:nth-child(-n+3) { white-space: normal; }
        .classes .share { fill: var(--clean); }
        .classes .few { fill: var(--soft); }
        @media (max-width: 520px) { .figures { font-size: .85em; } .figures td, .figures thead th:not(:first-child) { padding-left: 9px; } .ranges { font-size: .85em; gap: 8px 12px; } .card { padding: 10px; } .card .figure { font-size: 1.7em; } }
        @media print { :root { --ink: #000000; --soft: #444444; --page: #ffffff; --card: #f4f6f8; --line: #bbbbbb; --clean: #1f6fb2; --attacked: #c85200; --bad: #b3261e; }
          body { font-size: 11pt; } main { max-width: none; padding: 0; } h2 { break-after: avoid; }
          .charts { grid-template-columns: 1fr 1fr; } .columns { columns: 2; } details:not(.result) { display: none; } tr, .card { break-inside: avoid; } }

        """;
}
