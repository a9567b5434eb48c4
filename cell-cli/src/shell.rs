//! What people see: status lines as cargo writes them, warnings, errors, progress. All of it goes
//! to stderr; stdout is for data.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Color as Ansi, Style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::arguments::{Color, Global};

const GOOD: Style = Style::new().bold().fg_color(Some(Ansi::Ansi(AnsiColor::Green)));
const WARNING: Style = Style::new().bold().fg_color(Some(Ansi::Ansi(AnsiColor::Yellow)));
const ERROR: Style = Style::new().bold().fg_color(Some(Ansi::Ansi(AnsiColor::Red)));
const NOTE: Style = Style::new().bold().fg_color(Some(Ansi::Ansi(AnsiColor::Cyan)));

/// Work shorter than this shows no progress.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where and how much is said.
pub(crate) struct Shell {
    quiet: bool,
    pub(crate) verbose: bool,
    color: Color,
}

impl Shell {
    pub(crate) fn new(global: &Global) -> Self {
        let Global { quiet, verbose, color, .. } = *global;
        Self { quiet, verbose, color: color.unwrap_or_default() }
    }

    fn choice(&self) -> ColorChoice {
        match self.color {
            // Looks at the terminal, `NO_COLOR` and `CLICOLOR_FORCE`.
            Color::Auto => ColorChoice::Auto,
            Color::Always => ColorChoice::Always,
            Color::Never => ColorChoice::Never,
        }
    }

    fn write(&self, style: Style, head: &str, text: &dyn Display) {
        let mut stderr = AutoStream::new(std::io::stderr(), self.choice()).lock();
        // Nobody is left to be told if stderr is gone.
        let _ = writeln!(stderr, "{style}{head}{style:#} {text}");
    }

    /// `   Compiling ledger`
    pub(crate) fn status(&self, verb: &str, text: impl Display) {
        if !self.quiet {
            self.write(GOOD, &format!("{verb:>12}"), &text);
        }
    }

    /// A status line about something that failed; shown even if quiet.
    pub(crate) fn failed(&self, verb: &str, text: impl Display) {
        self.write(ERROR, &format!("{verb:>12}"), &text);
    }

    pub(crate) fn warning(&self, text: impl Display) {
        if !self.quiet {
            self.write(WARNING, "warning:", &text);
        }
    }

    pub(crate) fn note(&self, text: impl Display) {
        if !self.quiet {
            self.write(NOTE, "note:", &text);
        }
    }

    /// The error with everything that led to it.
    pub(crate) fn error(&self, error: &anyhow::Error) {
        self.write(ERROR, "error:", error);
        for cause in error.chain().skip(1) {
            self.write(Style::new(), "  caused by:", &cause);
        }
    }

    /// An error that does not end the run.
    pub(crate) fn say_error(&self, text: impl Display) {
        self.write(ERROR, "error:", &text);
    }

    /// What another program said, as it is.
    pub(crate) fn pass_on(&self, text: &str) {
        let mut stderr = AutoStream::new(std::io::stderr(), self.choice()).lock();
        let _ = stderr.write_all(text.as_bytes());
    }

    /// Data.
    pub(crate) fn stdout(&self) -> AutoStream<std::io::StdoutLock<'static>> {
        AutoStream::new(std::io::stdout(), self.choice()).lock()
    }

    /// Should programs that we start use colours?
    pub(crate) fn color_word(&self) -> &'static str {
        match (self.color, self.choice()) {
            (Color::Auto, _) if std::io::stderr().is_terminal() => "always",
            (color, _) => color.word(),
        }
    }

    /// Shows a line that moves, once the work has taken half a second.
    pub(crate) fn progress(&self, verb: &str, text: impl Into<String>) -> Progress {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{prefix:>12.cyan.bold} {wide_msg} {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        bar.set_prefix(verb.to_owned());
        bar.set_message(text.into());
        if !self.quiet && !self.verbose && std::io::stderr().is_terminal() {
            let bar = bar.clone();
            // Not joined: it ends within half a second, or with the process.
            std::thread::spawn(move || {
                std::thread::sleep(PATIENCE);
                if !bar.is_finished() {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                    bar.enable_steady_tick(Duration::from_millis(100));
                }
            });
        }
        Progress { bar }
    }
}

/// A line that goes away when it is dropped.
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub(crate) fn say(&self, text: impl Into<String>) {
        self.bar.set_message(text.into());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// `1 macro`, `2 macros`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
