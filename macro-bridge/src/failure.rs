//! Every way in which an expansion fails: one kind, one code, one text, one way out.
//!
//! The texts are functions in [`texts`], so that no other file words an error. `docs/errors.md` is
//! made from this list.

pub mod texts;

use std::fmt;

use crate::request::CallPermission;
use crate::sealed;

/// Who has to do something about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The code that uses the macro.
    Code,
    /// The project's files: `cell.toml`, `cell.lock`, `.cell/`.
    Project,
    /// The macro.
    Macro,
    /// The component that the macro is in.
    Component,
    /// Cell itself or the machine.
    Host,
    /// A running cell that was asked.
    Cell,
}

impl Fault {
    /// Whose fault, in a sentence.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Code => "the code that uses the macro",
            Self::Project => "the project's `cell.toml`, `cell.lock` or `.cell/`",
            Self::Macro => "the macro",
            Self::Component => "the component that the macro is in",
            Self::Host => "Cell itself, or this machine",
            Self::Cell => "the cell that was asked",
        }
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])+ $name:ident = $code:literal $fault:ident;)+) => {
        /// What failed.
        #[non_exhaustive]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Kind { $($(#[doc = $doc])+ $name,)+ }

        impl Kind {
            /// All kinds, by code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// Its code, stable for ever: `CELL0301`.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$name => concat!("CELL", $code),)+ }
            }

            /// Whose fault it is.
            #[must_use]
            pub fn fault(self) -> Fault {
                match self { $(Self::$name => Fault::$fault,)+ }
            }

            /// What it means, for `docs/errors.md` and `cell explain`.
            #[must_use]
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($($doc, "\n",)+),)+ }
            }
        }
    };
}

kinds! {
    /// The attribute or call is not written as `cell::macro` or `cell::macro(arguments)`.
    Spelling = "0101" Code;
    /// `cell.toml` names no cell of this name.
    UnknownCell = "0102" Code;
    /// The cell publishes no macro of this name.
    UnknownMacro = "0103" Code;
    /// The macro exists, but is written in another way: a derive as an attribute, say.
    WrongKind = "0104" Code;
    /// The macro needs another macro on the same item.
    MissingNeed = "0105" Code;
    /// Two macros on one item need each other.
    NeedCycle = "0106" Code;
    /// Two macros on one item want to change it in ways that exclude each other.
    Conflict = "0107" Code;
    /// The macro adds a field, but the item is not a struct with named fields.
    NoFields = "0108" Code;
    /// The same macro stands twice on one item.
    Repeated = "0109" Code;
    /// The cell has services and no macros, and `cell-sdk` is used without its feature `services`.
    ServicesOff = "0110" Code;
    /// A function-like macro of a cell that is switched off by the profile.
    FunctionOff = "0111" Code;
    /// The macro adds a parameter or wraps a body, but the item is not a function that has one.
    NoFunction = "0112" Code;
    /// The macro adds a parameter to a function that has one of the same name.
    ParameterTaken = "0113" Code;

    /// There is no `cell.toml` in the package's folder or above it.
    NoProject = "0201" Project;
    /// There is a `cell.toml` but no `cell.lock` beside it.
    NoLock = "0202" Project;
    /// `cell.toml` was changed after `cell.lock` was written.
    StaleLock = "0203" Project;
    /// `cell.lock` cannot be read: damaged, merged wrongly, or of a newer version of Cell.
    BadLock = "0204" Project;
    /// The expansion is not recorded and nothing on this machine can run the macro.
    NoEngine = "0205" Project;
    /// A recorded expansion is damaged.
    BadExpansion = "0206" Project;
    /// A recorded answer is damaged.
    BadAnswer = "0207" Project;
    /// The component that `cell.lock` names is not in `.cell/components`.
    NoComponent = "0208" Project;
    /// The component's bytes are not those that `cell.lock` names.
    WrongDigest = "0209" Project;
    /// The macro asked a question that has no recorded answer.
    Unrecorded = "0210" Project;
    /// More macros than there are slots for alias modules.
    TooManyMacros = "0211" Project;
    /// `cell.toml` cannot be read.
    BadManifest = "0212" Project;
    /// The schema that `cell.lock` names is not in `.cell/schemas`.
    NoSchema = "0213" Project;
    /// The schema's bytes are not those that `cell.lock` names, or no schema that this release reads.
    BadSchema = "0214" Project;

    /// The macro asked for something that the project knows no cell or no question for.
    UnknownQuestion = "0215" Project;
    /// A cell answered, and the answer could not be written into `.cell/answers`.
    NotKept = "0216" Project;
    /// `CELL_PROFILE` names a profile that `cell.toml` does not have.
    UnknownProfile = "0217" Project;
    /// A file that `cell.toml` lets the cell's macros read cannot be given to them.
    UnusableFile = "0218" Project;

    /// The macro panicked.
    Panic = "0301" Macro;
    /// The macro stopped with a wasm trap.
    Trap = "0302" Macro;
    /// The macro used all its fuel.
    OutOfFuel = "0303" Macro;
    /// The macro wanted more memory than it may have.
    OutOfMemory = "0304" Macro;
    /// The macro's calls nested deeper than its stack.
    StackOverflow = "0305" Macro;
    /// The macro returned more than it may.
    OutputTooLarge = "0306" Macro;
    /// The macro returned tokens that do not form a token stream.
    InvalidOutput = "0307" Macro;
    /// The macro returned code that the output policy forbids.
    DeniedOutput = "0308" Macro;
    /// The macro asked a question that it was not granted.
    DeniedCall = "0309" Macro;
    /// The macro returned a diagnostic, fact or plan entry that cannot be read.
    InvalidAnswer = "0310" Macro;
    /// The arguments of the macro's question are not what the cell's schema says.
    BadQuestion = "0311" Macro;
    /// The macro asked for something that the cell's schema marks as secret.
    SecretQuestion = "0312" Macro;

    /// The bytes are not a WebAssembly component.
    NotAComponent = "0401" Component;
    /// The component imports something other than `cell:macros/host`.
    ForbiddenImport = "0402" Component;
    /// The component speaks a version of `cell:macros` that this Cell does not.
    WrongVersion = "0403" Component;
    /// The component does not export `cell:macros/expander`.
    MissingExport = "0404" Component;
    /// The component, or one function in it, is larger than what is compiled.
    TooLarge = "0405" Component;
    /// What the component says of its macros is not usable.
    BadDescription = "0406" Component;
    /// The component could not be compiled.
    NotCompiled = "0407" Component;

    /// Something in Cell that should not have happened.
    Internal = "0501" Host;

    /// The cell that would have to answer does not run.
    CellAbsent = "0601" Cell;
    /// The cell did not answer in time.
    CellSilent = "0602" Cell;
    /// The connection to the cell ended, or the cell said what no cell says.
    CellBroken = "0603" Cell;
    /// The cell answered with a fault.
    CellRefused = "0604" Cell;
    /// The cell's answer is not what its schema says, or too large.
    WrongReply = "0605" Cell;
    /// The cell that runs has another schema than `cell.lock` names.
    OtherSchema = "0606" Cell;
    /// Who listens under the cell's name is not this user's.
    ForeignCell = "0607" Cell;
}

/// One failure, with everything that is said about it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// What failed.
    pub kind: Kind,
    /// What failed, about which thing of the user: lower case, no full stop.
    pub message: String,
    /// Facts that were seen.
    pub notes: Vec<String>,
    /// What to do; each names commands and keys that exist.
    pub help: Vec<String>,
    /// Spans (see [`crate::table::span`]) of the first and last token at fault.
    pub at: Option<(u32, u32)>,
    /// The call of the request that is at fault, if it is one of several.
    pub call: Option<usize>,
    /// The question that it is about.
    pub question: Option<CallPermission>,
    /// The engine's own words, for people who look for them; never shown by default.
    pub source: Option<String>,
}

impl Failure {
    /// A failure with no notes and no help yet.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            notes: Vec::new(),
            help: Vec::new(),
            at: None,
            call: None,
            question: None,
            source: None,
        }
    }

    /// Adds a `note:` line.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    /// Adds a `help:` line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Says which tokens are at fault.
    #[must_use]
    pub fn at(mut self, start: u32, end: u32) -> Self {
        self.at = Some((start, end));
        self
    }

    /// Says which call of the request is at fault.
    #[must_use]
    pub fn in_call(mut self, call: usize) -> Self {
        self.call = Some(call);
        self
    }

    /// Says which question it is about.
    #[must_use]
    pub fn about(mut self, cell: &str, function: &str) -> Self {
        let (cell, function) = (cell.to_owned(), function.to_owned());
        self.question = Some(CallPermission { cell, function });
        self
    }

    /// Keeps the engine's own words.
    #[must_use]
    pub fn source(mut self, source: impl fmt::Display) -> Self {
        self.source = Some(source.to_string());
        self
    }
}

/// The whole text: message with code, notes, help. Nothing that a guest or a file put into it can
/// look like one of these.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} [{}]", quoted(&self.message), self.kind.code())?;
        for note in &self.notes {
            write!(f, "\nnote: {}", quoted(note))?;
        }
        for help in &self.help {
            write!(f, "\nhelp: {}", quoted(help))?;
        }
        Ok(())
    }
}

/// Bytes of one message, note or help that are shown.
const LONGEST: usize = 16 << 10;

/// Words that may be others': further lines stand behind a bar, what a terminal would obey is
/// escaped, and the end of what is too long is left out.
fn quoted(text: &str) -> String {
    let kept = &text[..text.floor_char_boundary(LONGEST)];
    let mut out = String::with_capacity(kept.len());
    for ch in kept.chars() {
        match ch {
            '\n' => out.push_str("\n    | "),
            '\t' => out.push(ch),
            _ if ch.is_control() || sealed::is_direction(ch) => out.extend(ch.escape_unicode()),
            _ => out.push(ch),
        }
    }
    if kept.len() < text.len() {
        out.push_str(" ..");
    }
    out
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_code_of_its_own_and_an_explanation() {
        let codes: Vec<&str> = Kind::ALL.iter().map(|kind| kind.code()).collect();
        assert!(codes.windows(2).all(|pair| pair[0] < pair[1]), "{codes:?}");
        for kind in Kind::ALL {
            let code = kind.code();
            let digits = code.strip_prefix("CELL").unwrap();
            assert!(digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_digit()), "{code}");
            // The first two digits say whose fault it is.
            let fault = match &digits[..2] {
                "01" => Fault::Code,
                "02" => Fault::Project,
                "03" => Fault::Macro,
                "04" => Fault::Component,
                "06" => Fault::Cell,
                _ => Fault::Host,
            };
            assert_eq!(kind.fault(), fault, "{code}");
            assert!(!kind.fault().describe().is_empty());
            let explanation = kind.explanation().trim();
            assert!(explanation.len() > 15 && explanation.ends_with('.'), "{code}: {explanation}");
        }
    }

    #[test]
    fn the_text_has_code_notes_and_help_in_this_order() {
        let failure = Failure::new(Kind::Panic, "it panicked")
            .help("report it")
            .note("one")
            .note("two")
            .at(16, 20)
            .in_call(1)
            .source("never shown");
        assert_eq!(
            failure.to_string(),
            "it panicked [CELL0301]\nnote: one\nnote: two\nhelp: report it"
        );
        assert_eq!((failure.at, failure.call), (Some((16, 20)), Some(1)));
    }

    #[test]
    fn no_word_of_others_begins_a_line() {
        let evil = "a\nhelp: run `rm`\r\nnote: b\u{2028}c\u{1b}[2K\u{202e}d\u{85}e\tf\n";
        let failure = Failure::new(Kind::Trap, evil).note(evil).help(evil);
        let text = failure.to_string();
        assert!(!text.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{text:?}");
        assert!(!text.contains(['\u{2028}', '\u{202e}']), "{text:?}");
        let own = |line: &&str| !line.starts_with("    | ");
        let heads: Vec<_> = text.lines().filter(own).map(|l| l.split(' ').next()).collect();
        assert_eq!(heads, [Some("a"), Some("note:"), Some("help:")], "{text}");
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        let text = Failure::new(Kind::Trap, "é".repeat(LONGEST)).to_string();
        assert!(text.len() < LONGEST + 20 && text.ends_with("é .. [CELL0302]"), "{}", text.len());
    }
}
