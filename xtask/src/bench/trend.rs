//! Instruction counts of all published runs: `docs/benchmarks/instructions.tsv`.

use super::instructions::COUNTED;
use super::samples::Samples;

const HEAD: &str = "day\tcommit\trustc\twasmtime\thost\tway\tinstructions\n";

/// One number of one run.
#[derive(Clone, Debug, PartialEq)]
struct Line {
    day: String,
    commit: String,
    rustc: String,
    wasmtime: String,
    host: String,
    way: String,
    instructions: f64,
}

/// All of them, the oldest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Trend(Vec<Line>);

/// What is said of a run.
pub(super) struct Run<'a> {
    pub(super) day: &'a str,
    pub(super) commit: &'a str,
    pub(super) rustc: &'a str,
    pub(super) wasmtime: &'a str,
}

impl Trend {
    /// Lines that cannot be read are left out.
    pub(super) fn read(text: &str) -> Self {
        let line = |line: &str| {
            let mut words = line.split('\t').map(str::to_owned);
            let mut next = || words.next();
            Some(Line {
                day: next()?,
                commit: next()?,
                rustc: next()?,
                wasmtime: next()?,
                host: next()?,
                way: next()?,
                instructions: next()?.parse().ok()?,
            })
        };
        Self(text.lines().filter_map(line).collect())
    }

    pub(super) fn to_text(&self) -> String {
        let line = |line: &Line| {
            let Line { day, commit, rustc, wasmtime, host, way, instructions } = line;
            format!("{day}\t{commit}\t{rustc}\t{wasmtime}\t{host}\t{way}\t{instructions:.0}\n")
        };
        HEAD.chars().chain(self.0.iter().map(line).collect::<String>().chars()).collect()
    }

    /// Adds what was counted now; what the same commit had before is gone.
    pub(super) fn add(&mut self, run: &Run<'_>, samples: &Samples) {
        let counted = COUNTED.iter().map(|(host, way, _)| {
            (*host, *way, samples.median(&format!("instructions/{host}/{way}")))
        });
        let counted: Vec<_> = counted.filter(|(.., count)| count.is_finite()).collect();
        if counted.is_empty() {
            return;
        }
        self.0.retain(|line| line.commit != run.commit);
        self.0.extend(counted.into_iter().map(|(host, way, instructions)| Line {
            day: run.day.to_owned(),
            commit: run.commit.to_owned(),
            rustc: run.rustc.to_owned(),
            wasmtime: run.wasmtime.to_owned(),
            host: host.to_owned(),
            way: way.to_owned(),
            instructions: instructions.round(),
        }));
    }

    /// Commits, the oldest first.
    fn commits(&self) -> Vec<&Line> {
        let mut commits: Vec<&Line> = Vec::new();
        for line in &self.0 {
            if commits.last().is_none_or(|last| last.commit != line.commit) {
                commits.push(line);
            }
        }
        commits
    }

    /// Day and commit of each run.
    pub(super) fn steps(&self) -> Vec<String> {
        self.commits().into_iter().map(|line| format!("{} {}", line.day, line.commit)).collect()
    }

    /// The numbers of one way, one for each run that has it.
    pub(super) fn of(&self, host: &str, way: &str) -> Vec<Option<f64>> {
        let of = |commit: &str| {
            let fits = |line: &&Line| line.commit == commit && line.host == host && line.way == way;
            self.0.iter().find(fits).map(|line| line.instructions)
        };
        self.commits().into_iter().map(|line| of(&line.commit)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_replaces_that_of_the_same_commit() {
        let run = |commit| Run { day: "2026-01-02", commit, rustc: "1.95.0", wasmtime: "48.0.8" };
        let counted = |count: f64| {
            let mut samples = Samples::default();
            samples.push("instructions/dev/native", count);
            samples
        };
        let mut trend = Trend::default();
        trend.add(&run("aaa"), &counted(10.0));
        trend.add(&run("bbb"), &counted(20.4));
        trend.add(&run("bbb"), &counted(30.4));
        trend.add(&run("ccc"), &Samples::default());
        assert_eq!(trend.of("dev", "native"), [Some(10.0), Some(30.0)]);
        assert_eq!(trend.of("dev", "cached"), [None, None]);
        assert_eq!(trend.steps(), ["2026-01-02 aaa", "2026-01-02 bbb"]);
        assert_eq!(Trend::read(&trend.to_text()), trend);
    }
}
