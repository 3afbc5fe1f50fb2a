"""What benches of a leader's end in containers share: runs that are kept as they end, and one table."""
import argparse, json, os, pathlib, sys, time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/live"))


def one_run(shop, component, what, keelson):
    """A leader is struck under a writer. `what`: engine, all, or the name of a planned end (`shop.end`)."""
    from leaders import Writer, until
    planned = what not in ("engine", "all")
    shop.whole(component)
    member = shop.primary(component)
    before = len(shop.decisions(member))
    with Writer(shop, component) as writer:
        {"engine": shop.kill_engine, "all": shop.kill_all}.get(what, shop.end)(member)
        if keelson and not planned:
            try:
                until("a decision", 120, lambda: len(shop.decisions(member)) > before)
            except AssertionError as late:
                raise AssertionError(f"{member} decided nothing; its log ends with:\n{shop.logs(member)[-4000:]}") from late
        time.sleep(2)  # a fault that nobody tells of has begun by now
        writer.goes_on()
    if planned:
        shop.come_back(member)
    lost, acknowledged = writer.lost()
    said = [] if planned else [line[9:] for line in shop.decisions(member)[-1:]]
    shop.whole(component)
    return {"gap_ms": round(writer.gap() * 1000), "lost": lost, "acknowledged": acknowledged, "leads_now": shop.primary(component) != member, "said": said,
            "load_average": round(os.getloadavg()[0], 2)}


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[max(-(-len(ordered) * percent // 100), 1) - 1]


def table(series, where, results):
    lines = [f"| leader killed (SIGKILL) on {where} | n | gap p50, s | p95 | max | another leads | lost | load |", "|---|---|---|---|---|---|---|---|"]
    for name, (title, *_) in series.items():
        runs = results.get(name, [])
        if not runs:
            lines.append(f"| {title} | 0 | not measured yet | | | | | |")
            continue
        gaps = [run["gap_ms"] / 1000 for run in runs]
        lines.append(f"| {title} | {len(runs)} | " + " | ".join(f"{percentile(gaps, p):.2f}" for p in (50, 95, 100)) + f" | {sum(run['leads_now'] for run in runs)} | "
                     f"{sum(run['lost'] for run in runs)} of {sum(run['acknowledged'] for run in runs)} | {percentile([run['load_average'] for run in runs], 50):.1f} |")
    return "\n".join(lines)


def measure(options, series, results, stand, with_keelson):
    """What is still missing; False when time is up first."""
    os.environ["KEELSON_BINARY"] = str(pathlib.Path(options.keelson).resolve())
    deadline = time.monotonic() + options.minutes * 60
    with stand() as shop:
        stands_with = True
        for name in options.only.split(","):
            _, component, what, keelson, wanted = series[name]
            runs = results.setdefault(name, [])
            while len(runs) < (options.n or wanted):
                if time.monotonic() > deadline:
                    return False
                if stands_with != keelson:
                    with_keelson(shop, keelson)
                    for one in ("postgresql", "redis"):
                        shop.whole(one)
                    stands_with = keelson
                runs.append(one_run(shop, component, what, keelson))
                options.out.write_text(json.dumps(results, indent=1) + "\n")
                print(f"{name}: {len(runs)}: {runs[-1]}", flush=True)
    return True


def run(description, series, where, stand, with_keelson):
    """`series`: name -> title, component, what is struck, with keelson, runs. `stand`: a context that gives the foundation with what tests do to it."""
    name = f"{where.lower()}_failover"
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keelson", default=ROOT / "build/release/keelson")
    parser.add_argument("--n", type=int, help="runs of each series (20; fewer where each takes long)")
    parser.add_argument("--only", default=",".join(series), help="of " + ", ".join(series))
    parser.add_argument("--minutes", type=float, default=60, help="nothing more is begun then; run it again to go on (60)")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / f"bench/results/{name}.json")
    parser.add_argument("--document", type=pathlib.Path, default=ROOT / "docs/benchmarks.md")
    parser.add_argument("--table", action="store_true", help="run nothing, write the table")
    options = parser.parse_args()
    results = json.loads(options.out.read_text()) if options.out.exists() else {}
    complete = options.table or measure(options, series, results, stand, with_keelson)
    begin, end = (f"<!-- {where.lower()}-failover: {what} -->" for what in (f"written by bench/{name}.py", "end"))
    before, rest = options.document.read_text().split(begin, 1)
    options.document.write_text(before + begin + "\n" + table(series, where, results) + "\n" + end + rest.split(end, 1)[1])
    print(table(series, where, results))
    if not complete:
        sys.exit("time is up before all was measured: run it again, it goes on")
