//! What a supervisor decides: which cell is started, when again, when no more, and in which order
//! they are stopped. No processes and no clock: it is told what happened and what time it is, and
//! says what to do.

mod random;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use random::Random;
pub(crate) use rules::Rules;
use rules::delay;

/// Since the supervisor began.
pub(crate) type Time = Duration;

/// Where a cell stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nobody wants it, or it ended well.
    Stopped,
    /// For what it needs.
    Waiting,
    /// Its process runs and does not take calls yet.
    Starting,
    /// It takes calls since then; what it says is missing, if anything.
    Up(Time, Vec<String>),
    /// It is started again at that time.
    Restarting(Time),
    /// It was asked to end.
    Stopping(Stage),
    /// It failed too often.
    GivenUp,
    /// It is somebody else's process, or to be. Does it take calls?
    Elsewhere(bool),
}

/// How firmly it was asked to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stage {
    patience: Duration,
    asked: Time,
    /// What comes next, and when.
    next: (Time, Force),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Force {
    Terminate,
    Kill,
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Start its process; the number is to come back with all that happens to it.
    Start(String, u64),
    /// Look whether somebody else runs it, for as long as the number is that of the cell.
    Watch(String, u64),
    /// Ask it to end.
    Ask(String, u64),
    /// Send it SIGTERM.
    Terminate(String, u64),
    /// Send it SIGKILL.
    Kill(String, u64),
}

/// How a cell says it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    /// It takes calls.
    Ready,
    /// It takes calls, and this is missing.
    Degraded(Vec<String>),
    /// It answers and takes no calls, or does not answer.
    Silent(&'static str),
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// With the code 0.
    Well,
    /// Otherwise.
    Badly,
}

/// One cell.
#[derive(Debug)]
pub(crate) struct Cell {
    needs: Vec<String>,
    /// Is there a command that starts it?
    ours: bool,
    wanted: bool,
    /// It is to end, within so long.
    stop: Option<Duration>,
    pub(crate) phase: Phase,
    /// The number of its process.
    pub(crate) run: u64,
    pub(crate) restarts: u32,
    failures: VecDeque<Time>,
}

impl Cell {
    fn takes_calls(&self) -> bool {
        matches!(self.phase, Phase::Up(..) | Phase::Elsewhere(true))
    }

    /// Has it a process of ours?
    pub(crate) fn runs(&self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Up(..) | Phase::Stopping(_))
    }
}

/// All cells of a project.
#[derive(Debug)]
pub(crate) struct Core {
    rules: Rules,
    random: Random,
    cells: BTreeMap<String, Cell>,
}

impl Core {
    pub(crate) fn new(rules: Rules, seed: u64) -> Self {
        Self { rules, random: Random::new(seed), cells: BTreeMap::new() }
    }

    /// There is a cell with these needs; `ours` if there is a command that starts it. What a running
    /// one needs may change.
    pub(crate) fn set(&mut self, name: &str, needs: Vec<String>, ours: bool) {
        let cell = self.cells.entry(name.to_owned()).or_insert_with(|| Cell {
            needs: Vec::new(),
            ours,
            wanted: false,
            stop: None,
            phase: Phase::Stopped,
            run: 0,
            restarts: 0,
            failures: VecDeque::new(),
        });
        (cell.needs, cell.ours) = (needs, ours);
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = (&str, &Cell)> {
        self.cells.iter().map(|(name, cell)| (name.as_str(), cell))
    }

    /// The cell, if this number is still its process's.
    pub(crate) fn is_current(&self, name: &str, run: u64) -> bool {
        self.cells.get(name).is_some_and(|cell| cell.run == run)
    }

    /// What a cell needs and what does not take calls.
    pub(crate) fn missing(&self, cell: &Cell) -> Vec<String> {
        let there = |need: &&String| self.cells.get(*need).is_some_and(Cell::takes_calls);
        cell.needs.iter().filter(|need| !there(need)).cloned().collect()
    }

    /// Has nobody anything to do, now or later?
    pub(crate) fn is_idle(&self) -> bool {
        self.cells.values().all(|cell| cell.phase == Phase::Stopped && !cell.wanted)
    }

    /// Is no process of ours left?
    pub(crate) fn is_empty(&self) -> bool {
        !self.cells.values().any(Cell::runs)
    }

    /// These and all that they need shall run. Whoever was given up is tried again.
    pub(crate) fn want<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        let mut todo: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let mut seen = BTreeSet::new();
        while let Some(name) = todo.pop() {
            let Some(cell) = self.cells.get_mut(&name) else { continue };
            if !seen.insert(name) {
                continue;
            }
            todo.extend(cell.needs.iter().cloned());
            cell.wanted = true;
            // One that was asked to end is waited for, and started again.
            cell.stop = cell.stop.filter(|_| matches!(cell.phase, Phase::Stopping(_)));
            if matches!(cell.phase, Phase::GivenUp | Phase::Stopped) {
                cell.failures.clear();
                cell.phase = Phase::Waiting;
            }
        }
    }

    /// These shall end, those that need others of them first.
    pub(crate) fn stop<'a>(
        &mut self,
        names: impl IntoIterator<Item = &'a str>,
        patience: Duration,
    ) {
        for name in names {
            let Some(cell) = self.cells.get_mut(name) else { continue };
            cell.wanted = false;
            if let Phase::Stopping(stage) = &mut cell.phase {
                // Somebody has less patience than who asked first.
                stage.patience = stage.patience.min(patience);
                stage.next.0 = stage.next.0.min(stage.asked + stage.patience);
                cell.stop = Some(patience);
            } else if cell.runs() {
                cell.stop = Some(patience);
            } else {
                cell.phase = Phase::Stopped;
                cell.failures.clear();
                // Whoever looks for it can end.
                cell.run += 1;
            }
        }
    }

    /// A process of a supervisor that is gone: it is looked after from now on. Returns its number.
    pub(crate) fn adopt(&mut self, name: &str) -> Option<u64> {
        let cell = self.cells.get_mut(name)?;
        cell.run += 1;
        // One that is to end is not wanted because it was found.
        cell.wanted |= cell.stop.is_none();
        cell.phase = Phase::Starting;
        Some(cell.run)
    }

    /// Instead of starting a cell it was found to run, as a process of a supervisor that is gone.
    pub(crate) fn elsewhere(&mut self, name: &str, run: u64) {
        if let Some(cell) = self.at(name, run).filter(|cell| cell.phase == Phase::Starting) {
            cell.phase = Phase::Elsewhere(false);
        }
    }

    fn at(&mut self, name: &str, run: u64) -> Option<&mut Cell> {
        self.cells.get_mut(name).filter(|cell| cell.run == run)
    }

    /// What a cell says.
    pub(crate) fn health(&mut self, now: Time, name: &str, run: u64, health: Health) {
        let Some(cell) = self.at(name, run) else { return };
        let well = !matches!(health, Health::Silent(_));
        let why = match health {
            Health::Ready => Vec::new(),
            Health::Degraded(why) => why,
            Health::Silent(why) => vec![why.to_owned()],
        };
        match &mut cell.phase {
            Phase::Starting if well => cell.phase = Phase::Up(now, why),
            Phase::Up(_, missing) => *missing = why,
            Phase::Elsewhere(ready) => {
                let was = std::mem::replace(ready, well);
                // Who ran it has ended it: that is no reason for us to start it.
                if cell.ours && was && !well {
                    cell.wanted = false;
                    cell.phase = Phase::Stopped;
                    cell.run += 1;
                }
            }
            _ => {}
        }
    }

    /// A process ended.
    pub(crate) fn ended(&mut self, now: Time, name: &str, run: u64, end: End) {
        let rules = self.rules.clone();
        let Some(cell) = self.cells.get_mut(name).filter(|cell| cell.run == run) else { return };
        if !cell.runs() {
            return;
        }
        let up = match cell.phase {
            Phase::Up(since, _) => Some(now.saturating_sub(since)),
            _ => None,
        };
        let on_purpose = cell.stop.take().is_some() || (up.is_some() && end == End::Well);
        if on_purpose {
            cell.failures.clear();
            // Somebody wants it again since it was asked to end.
            let again = cell.wanted && matches!(cell.phase, Phase::Stopping(_));
            cell.wanted = again;
            cell.phase = if again { Phase::Waiting } else { Phase::Stopped };
            return;
        }
        if up.is_some_and(|up| up >= rules.steady) {
            cell.failures.clear();
        }
        cell.failures.push_back(now);
        while cell.failures.front().is_some_and(|at| now.saturating_sub(*at) > rules.window) {
            cell.failures.pop_front();
        }
        cell.phase = if cell.failures.len() >= rules.failures {
            Phase::GivenUp
        } else {
            cell.restarts += 1;
            let failures = cell.failures.len() as u32;
            Phase::Restarting(now + delay(&rules, failures, self.random.fraction()))
        };
    }

    /// A cell could not be asked to end.
    pub(crate) fn deaf(&mut self, now: Time, name: &str, run: u64) {
        if let Some(cell) = self.at(name, run)
            && let Phase::Stopping(stage) = &mut cell.phase
            && stage.next.1 == Force::Terminate
        {
            stage.next.0 = now;
        }
    }

    /// What is to be done now.
    pub(crate) fn step(&mut self, now: Time) -> Vec<Action> {
        let mut actions = Vec::new();
        let names: Vec<String> = self.cells.keys().cloned().collect();
        for name in names {
            self.begin(now, &name, &mut actions);
            self.end(now, &name, &mut actions);
        }
        actions
    }

    fn begin(&mut self, now: Time, name: &str, actions: &mut Vec<Action>) {
        let Some(cell) = self.cells.get(name) else { return };
        let due = match cell.phase {
            Phase::Waiting => true,
            Phase::Restarting(at) => at <= now,
            _ => false,
        };
        if !due || !cell.wanted {
            return;
        }
        let ready = self.missing(cell).is_empty();
        let Some(cell) = self.cells.get_mut(name) else { return };
        if !cell.ours {
            cell.run += 1;
            cell.phase = Phase::Elsewhere(false);
            actions.push(Action::Watch(name.to_owned(), cell.run));
        } else if ready {
            cell.run += 1;
            cell.phase = Phase::Starting;
            actions.push(Action::Start(name.to_owned(), cell.run));
        } else {
            cell.phase = Phase::Waiting;
        }
    }

    fn end(&mut self, now: Time, name: &str, actions: &mut Vec<Action>) {
        let blocked = self.cells.values().any(|other| {
            other.stop.is_some() && other.runs() && other.needs.iter().any(|need| need == name)
        });
        let Some(cell) = self.cells.get_mut(name) else { return };
        let run = cell.run;
        match &mut cell.phase {
            Phase::Starting | Phase::Up(..) if !blocked => {
                let Some(patience) = cell.stop else { return };
                let next = (now + patience / 2, Force::Terminate);
                cell.phase = Phase::Stopping(Stage { patience, asked: now, next });
                actions.push(Action::Ask(name.to_owned(), run));
            }
            Phase::Stopping(stage) if stage.next.0 <= now => match stage.next.1 {
                Force::Terminate => {
                    stage.next = (stage.asked + stage.patience, Force::Kill);
                    actions.push(Action::Terminate(name.to_owned(), run));
                }
                Force::Kill => {
                    // Should it not have got through, once more.
                    stage.next = (now + Duration::from_secs(1), Force::Kill);
                    actions.push(Action::Kill(name.to_owned(), run));
                }
            },
            _ => {}
        }
    }

    /// When there is something to do next without anything happening.
    pub(crate) fn due(&self) -> Option<Time> {
        let times = self.cells.values().filter_map(|cell| match &cell.phase {
            Phase::Restarting(at) => Some(*at),
            Phase::Stopping(stage) => Some(stage.next.0),
            _ => None,
        });
        times.min()
    }
}
