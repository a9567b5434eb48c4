//! The part of SQL that `query!` reads: `select` from one table.

/// What a statement says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    pub(super) columns: Columns<'a>,
    pub(super) table: &'a str,
    /// For each `?`, the column that it is compared with, or `limit`.
    pub(super) parameters: Vec<&'a str>,
}

/// The columns of the rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Columns<'a> {
    /// `*`
    All,
    Named(Vec<&'a str>),
}

/// What is wrong, and at which byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) message: String,
    /// `None` at the end of the statement.
    pub(super) at: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word<'a> {
    Name(&'a str),
    /// A number or a quoted text.
    Value(&'a str),
    Sign(&'a str),
}

/// Words that end a list of names; not names themselves.
const KEYWORDS: [&str; 9] =
    ["select", "from", "where", "and", "order", "by", "limit", "asc", "desc"];

/// Reads a statement.
pub(super) fn read(text: &str) -> Result<Statement<'_>, Wrong> {
    let mut reader = Reader { words: words(text)?, next: 0 };
    reader.keyword("select")?;
    let columns = if reader.sign("*") { Columns::All } else { Columns::Named(reader.names()?) };
    reader.keyword("from")?;
    let table = reader.name("the name of a table")?;
    let mut parameters = Vec::new();
    if reader.is_keyword("where") {
        reader.conditions(&mut parameters)?;
    }
    if reader.is_keyword("order") {
        reader.keyword("by")?;
        reader.orders()?;
    }
    if reader.is_keyword("limit") {
        match reader.word() {
            Some(Word::Sign("?")) => parameters.push("limit"),
            Some(Word::Value(number)) if number.bytes().all(|b| b.is_ascii_digit()) => {}
            _ => return Err(reader.expected("a whole number or `?`")),
        }
    }
    reader.sign(";");
    if reader.word().is_some() {
        return Err(reader.expected("the end of the statement"));
    }
    Ok(Statement { columns, table, parameters })
}

struct Reader<'a> {
    words: Vec<(usize, Word<'a>)>,
    next: usize,
}

impl<'a> Reader<'a> {
    fn word(&mut self) -> Option<Word<'a>> {
        self.next += 1;
        Some(self.words.get(self.next - 1)?.1)
    }

    /// The word that was read last is not what it should be.
    fn expected(&self, what: &str) -> Wrong {
        match self.words.get(self.next - 1) {
            Some((at, Word::Name(found) | Word::Value(found) | Word::Sign(found))) => {
                Wrong { message: format!("expected {what}, found `{found}`"), at: Some(*at) }
            }
            None => Wrong { message: format!("expected {what}, found the end"), at: None },
        }
    }

    fn take(&mut self, matches: impl Fn(Word<'a>) -> bool) -> bool {
        let found = self.words.get(self.next).is_some_and(|(_, word)| matches(*word));
        self.next += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        self.take(|word| word == Word::Sign(sign))
    }

    fn is_keyword(&mut self, keyword: &str) -> bool {
        self.take(|word| matches!(word, Word::Name(name) if name.eq_ignore_ascii_case(keyword)))
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), Wrong> {
        if self.is_keyword(keyword) {
            return Ok(());
        }
        self.next += 1;
        Err(self.expected(&format!("`{keyword}`")))
    }

    fn name(&mut self, what: &str) -> Result<&'a str, Wrong> {
        match self.word() {
            Some(Word::Name(name)) if !is_reserved(name) => Ok(name),
            _ => Err(self.expected(what)),
        }
    }

    fn names(&mut self) -> Result<Vec<&'a str>, Wrong> {
        let mut names: Vec<&str> = Vec::new();
        loop {
            let name = self.name("the name of a column")?;
            if names.contains(&name) {
                let at = self.words[self.next - 1].0;
                return Err(Wrong {
                    message: format!("column `{name}` is selected twice"),
                    at: Some(at),
                });
            }
            names.push(name);
            if !self.sign(",") {
                return Ok(names);
            }
        }
    }

    fn conditions(&mut self, parameters: &mut Vec<&'a str>) -> Result<(), Wrong> {
        loop {
            let column = self.name("the name of a column")?;
            match self.word() {
                Some(Word::Sign("=" | "<" | ">" | "<=" | ">=" | "<>" | "!=")) => {}
                _ => return Err(self.expected("a comparison such as `=`")),
            }
            match self.word() {
                Some(Word::Sign("?")) => parameters.push(column),
                Some(Word::Value(_)) => {}
                _ => return Err(self.expected("`?`, a number or a text")),
            }
            if !self.is_keyword("and") {
                return Ok(());
            }
        }
    }

    fn orders(&mut self) -> Result<(), Wrong> {
        loop {
            self.name("the name of a column")?;
            if !self.is_keyword("asc") {
                self.is_keyword("desc");
            }
            if !self.sign(",") {
                return Ok(());
            }
        }
    }
}

fn is_reserved(name: &str) -> bool {
    KEYWORDS.iter().any(|keyword| name.eq_ignore_ascii_case(keyword))
}

/// Makes a word of its text; nothing comes of a space.
type Make<'a> = Option<fn(&'a str) -> Word<'a>>;

fn words<'a>(text: &'a str) -> Result<Vec<(usize, Word<'a>)>, Wrong> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let run = |of: fn(char) -> bool| rest.find(|ch| !of(ch)).unwrap_or(rest.len());
        let (length, make): (usize, Make<'a>) = match first {
            _ if first.is_whitespace() => (run(char::is_whitespace), None),
            'a'..='z' | 'A'..='Z' | '_' => {
                (run(|ch| ch.is_ascii_alphanumeric() || ch == '_'), Some(Word::Name))
            }
            '0'..='9' => (run(|ch| ch.is_ascii_digit() || ch == '.'), Some(Word::Value)),
            '\'' => match rest[1..].find('\'') {
                Some(end) => (end + 2, Some(Word::Value)),
                None => {
                    return Err(Wrong { message: "a text that does not end".into(), at: Some(at) });
                }
            },
            '<' | '>' | '!' if rest[1..].starts_with(['=', '>']) => (2, Some(Word::Sign)),
            '*' | ',' | '=' | '<' | '>' | '?' | ';' => (1, Some(Word::Sign)),
            other => {
                return Err(Wrong { message: format!("`{other}` is not read here"), at: Some(at) });
            }
        };
        words.extend(make.map(|make| (at, make(&rest[..length]))));
        at += length;
    }
    Ok(words)
}
