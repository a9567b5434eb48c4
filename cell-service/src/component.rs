//! The component with macros that a cell publishes, and how a client gets it.

use std::borrow::Cow;
use std::io;
use std::time::Duration;

use cell_model::coordination::{COMPONENT_BYTES, Component, Fetch, PIECE, Reply};
use cell_model::{Channel, Code, Fault, message};
use cell_transport::Synapse;
use sha2::{Digest as _, Sha256};

/// Why bytes are no component that a cell can publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoComponent(String);

impl std::fmt::Display for NoComponent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "this is no component with macros: {}", self.0)?;
        f.write_str("\nhelp: `cell build-macros` makes one")
    }
}

impl std::error::Error for NoComponent {}

impl From<NoComponent> for io::Error {
    fn from(error: NoComponent) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}

/// A component and what is said of it.
pub(crate) struct Published {
    bytes: Cow<'static, [u8]>,
    component: Component,
}

impl Published {
    pub(crate) fn new(bytes: Cow<'static, [u8]>) -> Result<Self, NoComponent> {
        let length = bytes.len() as u64;
        if length > COMPONENT_BYTES {
            let text = format!("it has {length} bytes; {COMPONENT_BYTES} are allowed");
            return Err(NoComponent(text));
        }
        let api = api(&bytes)?;
        let digest = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { bytes, component: Component { digest, length, api } })
    }

    pub(crate) fn component(&self) -> &Component {
        &self.component
    }

    /// The bytes from the one with the number `from` on, so many as one reply has.
    pub(crate) fn piece(&self, digest: &str, from: u64) -> Result<Reply, Fault> {
        let Component { digest: ours, length, .. } = &self.component;
        if digest != ours {
            let text = format!("this cell publishes the component {ours}, no other");
            return Err(Fault::new(Code::BadPayload, text));
        }
        let rest = usize::try_from(from).ok().and_then(|from| self.bytes.get(from..));
        let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
            let text = format!("the component has {length} bytes; there is none at {from}");
            return Err(Fault::new(Code::BadPayload, text));
        };
        let bytes = rest[..rest.len().min(PIECE as usize)].to_vec();
        Ok(Reply::Piece { length: *length, bytes })
    }
}

/// The version of `cell:macros` in a component's own list of what it imports and exports. Nobody has
/// to say it who could say it wrong, and it needs no WebAssembly engine: only the sections with these
/// names are looked at. The host that runs the component checks it as a whole.
fn api(component: &[u8]) -> Result<String, NoComponent> {
    let bad = |text: &str| NoComponent(text.to_owned());
    let header = component.get(..8).ok_or_else(|| bad("it is too short"))?;
    if header[..4] != *b"\0asm" {
        return Err(bad("it is no WebAssembly"));
    }
    if header[6..] != [1, 0] {
        return Err(bad("it is a WebAssembly module, which is only a part of a component"));
    }
    let mut rest = &component[8..];
    let mut found: Option<&str> = None;
    while let Some((id, after)) = rest.split_first() {
        let section = number(after)
            .and_then(|(length, after)| after.split_at_checked(length as usize))
            .ok_or_else(|| bad("it is cut off"))?;
        rest = section.1;
        if !matches!(*id, IMPORTS | EXPORTS) {
            continue;
        }
        for version in versions(section.0) {
            if found.is_some_and(|found| found != version) {
                return Err(bad("it has two versions of `cell:macros`"));
            }
            found = Some(version);
        }
    }
    found.map(str::to_owned).ok_or_else(|| bad("nothing in it is of `cell:macros`"))
}

/// Sections of a component.
const IMPORTS: u8 = 10;
const EXPORTS: u8 = 11;

/// The versions in names such as `cell:macros/host@0.1.0`.
fn versions(section: &[u8]) -> impl Iterator<Item = &str> {
    const PACKAGE: &[u8] = b"cell:macros/";
    let places = section.windows(PACKAGE.len()).enumerate();
    places.filter(|(_, window)| *window == PACKAGE).filter_map(|(place, _)| {
        // The byte before it is the length of the name.
        let length = usize::from(*section.get(place.checked_sub(1)?)?);
        let name = std::str::from_utf8(section.get(place..place + length)?).ok()?;
        Some(name.split_once('@')?.1)
    })
}

/// A number in LEB128, and what is behind it.
fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut number = 0;
    for (place, byte) in bytes.iter().enumerate().take(5) {
        number |= u32::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[place + 1..]));
        }
    }
    None
}

/// How long a cell may take for one piece.
const PATIENCE: Duration = Duration::from_secs(10);

/// Fetches the component with this digest (SHA-256 in lower-case hexadecimal) from a cell that
/// publishes it. What is returned has the digest, whatever the cell says.
///
/// # Errors
/// What calls end with; [`Code::BadPayload`] if the cell sends something else, [`Code::TooLarge`] if it
/// says that there is more than a component may have.
pub async fn fetch_component<Where>(from: &Synapse<Where>, digest: &str) -> Result<Vec<u8>, Fault> {
    let mut fetch = Fetch::new(digest)?;
    while let Some(asked) = fetch.asks() {
        let (channel, timeout) = (Channel::MacroCoordination, Some(PATIENCE));
        let payload = message::encode(&asked)?;
        let request = cell_transport::Request { channel, method: 0, timeout, trace: None, payload };
        let reply = from.call(request).await?;
        fetch.take(message::decode(&reply)?)?;
    }
    fetch.finish()
}
