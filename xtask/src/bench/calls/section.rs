//! The report's section about calls between processes.

use std::fmt::Write as _;

use super::{CONNECTIONS, LANES, LIBRARIES, SIZES, WAYS, in_flight};
use crate::bench::compose::{Plots, bar, picture};
use crate::bench::plot;
use crate::bench::samples::Samples;
use crate::bench::statistics;
use crate::bench::units::{self, bytes, count, spread, spread_in, time};

/// Tables and plots.
pub(in crate::bench) fn write(text: &mut String, samples: &Samples, plots: &mut Plots) {
    text.push_str(
        "\n## Calls between two processes\n\nA service that returns what it is given, over a unix socket, by \
         `benches/calls`: client and server are processes of one thread each, which wait for their socket \
         as long as nothing is in it (`epoll`; of the raw socket a blocking `read`), each tied to a core. \
         Nothing spins. tarpc has bincode, the fastest of its formats, and tonic what it has by default. \
         Processor time is that of both sides.\n\n\
         A core with nothing to do sleeps, and waking it takes longer than a call; how long depends on how \
         long it has slept, and in a virtual machine on its host, so that a way that works more can be the \
         faster one. *Kept awake* means that on each core there is a process that runs only when nobody else \
         wants to. Figures of two cores are to be compared there.\n",
    );
    latency(text, samples, plots);
    load(text, samples, plots);
    idle(text, samples);
    builds(text, samples, plots);
}

fn latency(text: &mut String, samples: &Samples, plots: &mut Plots) {
    text.push_str(
        "\nOne call after another, 64 bytes there and back:\n\n\
         | | | p50 (quartiles of rounds) | p99 | times raw | processor time | rounds |\n\
         |---|---|---:|---:|---:|---:|---:|\n",
    );
    let mut bars = Vec::new();
    for (lane, placed) in LANES {
        let of = |way: &str, what: &str| samples.get(&format!("calls/latency/{lane}/{way}/{what}"));
        for (way, name, colour) in WAYS {
            let all = of(way, "p50");
            let [p99, work] =
                ["p99", "processor"].map(|what| time(statistics::median(of(way, what))));
            let raw = statistics::ratio(all, of("raw", "p50"));
            let raw = if way == "raw" { String::new() } else { units::ratio(raw) };
            let _ = writeln!(
                text,
                "| {placed} | {name} | {} | {p99} | {raw} | {work} | {} |",
                spread(all),
                all.len()
            );
            if lane != "two" {
                bars.push(bar(&format!("{name}, {placed}"), colour, all));
            }
        }
    }
    let svg = plot::bars("One call of 64 bytes to another process, p50", &bars, time);
    picture(text, plots, "calls-latency", "one call to another process", svg);
}

fn load(text: &mut String, samples: &Samples, plots: &mut Plots) {
    text.push_str(
        "\n64 calls in flight on one connection, each by a task of its own:\n\n\
         | | bytes | | calls a second (quartiles of rounds) | Cell makes, times as many | processor time of a call | p50 | p99 | rounds |\n\
         |---|---:|---|---:|---:|---:|---:|---:|---:|\n",
    );
    let mut bars = Vec::new();
    for (lane, placed) in LANES {
        for size in SIZES {
            let of = |way: &str, what: &str| {
                samples.get(&format!("calls/load/{lane}/{size}/{way}/{what}"))
            };
            for (way, name, colour) in WAYS.into_iter().filter(|(way, ..)| in_flight(way)) {
                let all = of(way, "rate");
                let ratio = statistics::ratio(of("cell", "rate"), all);
                let ratio = if way == "cell" { String::new() } else { units::ratio(ratio) };
                let [work, p50, p99] =
                    ["processor", "p50", "p99"].map(|what| time(statistics::median(of(way, what))));
                let _ = writeln!(
                    text,
                    "| {placed} | {size} | {name} | {} | {ratio} | {work} | {p50} | {p99} | {} |",
                    spread_in(all, count),
                    all.len()
                );
                if lane == "awake" {
                    bars.push(bar(&format!("{name}, {size} bytes"), colour, all));
                }
            }
        }
    }
    let svg =
        plot::bars("Calls a second, 64 in flight, a core for each side, kept awake", &bars, count);
    picture(text, plots, "calls-load", "calls a second with 64 in flight", svg);
}

fn idle(text: &mut String, samples: &Samples) {
    let _ = writeln!(
        text,
        "\nMemory of a connection that made one call and is idle: what {CONNECTIONS} of them add to the \
         proportional set size of each process. What the kernel keeps for a socket is not in it, and the same \
         for all.\n\n| | client | server | rounds |\n|---|---:|---:|---:|"
    );
    for (way, name, _) in WAYS.into_iter().filter(|(way, ..)| LIBRARIES.contains(way)) {
        let [client, server] =
            ["client", "server"].map(|side| samples.get(&format!("calls/idle/{way}/{side}")));
        let [first, second] = [client, server].map(|all| spread_in(all, bytes));
        let _ = writeln!(text, "| {name} | {first} | {second} | {} |", client.len());
    }
}

fn builds(text: &mut String, samples: &Samples, plots: &mut Plots) {
    text.push_str(
        "\n`cargo build` of an application that makes one call, in an empty target folder, cargo's `dev` \
         profile, sources fetched before. In the applications with Cell and tarpc the service is declared as \
         well, since its client is made of that; that with tonic makes its client in a build script as \
         its users do, but for running `protoc`.\n\n\
         | | packages | clean build | processor time | rounds |\n|---|---:|---:|---:|---:|\n",
    );
    let mut bars = Vec::new();
    for (way, name, colour) in WAYS.into_iter().filter(|(way, ..)| LIBRARIES.contains(way)) {
        let of = |what: &str| samples.get(&format!("calls/build/{way}/{what}"));
        let packages = units::whole(statistics::median(of("packages")));
        let work = time(statistics::median(of("processor")));
        let all = of("seconds");
        let _ =
            writeln!(text, "| {name} | {packages} | {} | {work} | {} |", spread(all), all.len());
        bars.push(bar(name, colour, all));
    }
    let svg = plot::bars("Clean debug build of an application with a client", &bars, time);
    picture(text, plots, "calls-builds", "clean builds of applications with a client", svg);
}
