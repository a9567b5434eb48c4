//! `cell logs`: what cells wrote and write.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use anyhow::{Result, bail};

use crate::Exit;
use crate::arguments::Global;
use crate::arguments::up::Logs;
use crate::project;
use crate::shell::Shell;
use crate::supervisor::follow::{Line, Tail};
use crate::supervisor::log::Source;
use crate::supervisor::place::Place;

/// Colours of names, one after the other; red is for errors.
const COLOURS: [AnsiColor; 6] = [
    AnsiColor::Cyan,
    AnsiColor::Yellow,
    AnsiColor::Green,
    AnsiColor::Magenta,
    AnsiColor::Blue,
    AnsiColor::BrightCyan,
];

pub(crate) fn run(options: &Logs, global: &Global, shell: &Shell) -> Result<Exit> {
    let root = project::root(global)?;
    let (manifest, _) = project::manifest(&root)?;
    let place = Place::of(&root)?;
    let names: Vec<String> = match options.all {
        true => {
            manifest.cells.into_iter().filter(|(_, c)| c.run.is_some()).map(|(n, _)| n).collect()
        }
        false => options.names.clone(),
    };
    let mut paths: Vec<(String, PathBuf)> = Vec::new();
    for name in names {
        // A name is not a path.
        cell_transport::unix::socket(&place.root, &name)
            .map_err(|_| anyhow::anyhow!("`{}` is no name of a cell", name.escape_debug()))?;
        let path = place.file(&name, "log");
        if !options.all && !options.follow && !path.exists() {
            bail!("there is no log of `{name}`: `cell up` of this project has not started it");
        }
        paths.push((name, path));
    }
    let prefix = paths.len() > 1;
    let mut printer = Printer::open(&paths, options.lines, prefix)?;
    printer.print(shell)?;
    if !options.follow {
        return Ok(Exit::Done);
    }
    loop {
        std::thread::sleep(Duration::from_millis(40));
        printer.print(shell)?;
    }
}

/// Shows logs of several cells in the order of time.
pub(crate) struct Printer {
    tails: Vec<(String, Tail)>,
    pending: Vec<(usize, Line)>,
    prefix: bool,
    width: usize,
}

impl Printer {
    /// Begins with so many of each one's last lines.
    pub(crate) fn open(paths: &[(String, PathBuf)], lines: usize, prefix: bool) -> Result<Self> {
        let (mut tails, mut pending) = (Vec::new(), Vec::new());
        for (at, (name, path)) in paths.iter().enumerate() {
            let (last, tail) = Tail::open(path, lines)?;
            pending.extend(last.into_iter().map(|line| (at, line)));
            tails.push((name.clone(), tail));
        }
        let width = paths.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        Ok(Self { tails, pending, prefix, width })
    }

    /// Shows what is there now.
    pub(crate) fn print(&mut self, shell: &Shell) -> Result<()> {
        let mut lines = std::mem::take(&mut self.pending);
        for (at, (_, tail)) in self.tails.iter_mut().enumerate() {
            lines.extend(tail.more()?.into_iter().map(|line| (at, line)));
        }
        if lines.is_empty() {
            return Ok(());
        }
        // Lines of one cell stay in their order.
        lines.sort_by(|(_, one), (_, other)| one.time.cmp(&other.time));
        let mut out = shell.stdout();
        for (at, line) in lines {
            let name = &self.tails[at].0;
            let style = Style::new().fg_color(Some(COLOURS[at % COLOURS.len()].into()));
            if self.prefix {
                write!(out, "{style}{name:width$} |{style:#} ", width = self.width)?;
            }
            let style = match line.source {
                Source::Output => Style::new(),
                Source::Errors => Style::new().fg_color(Some(AnsiColor::Red.into())),
                Source::Keeper => Style::new().bold(),
            };
            writeln!(out, "{} {style}{}{style:#}", line.time, line.text)?;
        }
        Ok(out.flush()?)
    }
}
