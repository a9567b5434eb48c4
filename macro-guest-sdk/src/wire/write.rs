//! Values to bytes. Each value has one form, the shortest.

/// A value as bytes.
#[must_use]
pub fn write<T: Write + ?Sized>(value: &T) -> Vec<u8> {
    let mut to = Writer::default();
    value.write(&mut to);
    to.into_bytes()
}

/// A type that can be sent to a cell.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent to a cell",
    note = "send a type that `macro_guest_sdk::questions!` makes, or one that a schema can say"
)]
pub trait Write {
    /// Writes one value.
    fn write(&self, to: &mut Writer);

    /// Writes a list of them; what a schema calls `list<u8>` is bytes.
    #[doc(hidden)]
    fn write_list(list: &[Self], to: &mut Writer)
    where
        Self: Sized,
    {
        to.list(list.len());
        list.iter().for_each(|item| item.write(to));
    }
}

/// Collects bytes.
#[derive(Clone, Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// What was written.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// Nothing.
    pub fn nil(&mut self) {
        self.bytes.push(0xc0);
    }

    /// Yes or no.
    pub fn bool(&mut self, value: bool) {
        self.bytes.push(if value { 0xc3 } else { 0xc2 });
    }

    /// A number that is not negative.
    pub fn unsigned(&mut self, value: u64) {
        match value {
            0..0x80 => self.bytes.push(value as u8),
            0x80..=0xff => self.put(0xcc, &(value as u8).to_be_bytes()),
            0x100..=0xffff => self.put(0xcd, &(value as u16).to_be_bytes()),
            0x1_0000..=0xffff_ffff => self.put(0xce, &(value as u32).to_be_bytes()),
            _ => self.put(0xcf, &value.to_be_bytes()),
        }
    }

    /// A number.
    pub fn signed(&mut self, value: i64) {
        match value {
            0.. => self.unsigned(value as u64),
            -0x20..0 => self.bytes.push(value as u8),
            -0x80..-0x20 => self.put(0xd0, &(value as i8).to_be_bytes()),
            -0x8000..-0x80 => self.put(0xd1, &(value as i16).to_be_bytes()),
            -0x8000_0000..-0x8000 => self.put(0xd2, &(value as i32).to_be_bytes()),
            _ => self.put(0xd3, &value.to_be_bytes()),
        }
    }

    /// A fraction of 32 bits.
    pub fn f32(&mut self, value: f32) {
        self.put(0xca, &value.to_be_bytes());
    }

    /// A fraction of 64 bits.
    pub fn f64(&mut self, value: f64) {
        self.put(0xcb, &value.to_be_bytes());
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        match text.len() {
            short @ 0..0x20 => self.bytes.push(0xa0 | short as u8),
            long => self.length(0xd9, long),
        }
        self.bytes.extend_from_slice(text.as_bytes());
    }

    /// Bytes.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.length(0xc4, bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    /// The head of a list: so many values have to follow.
    pub fn list(&mut self, length: usize) {
        self.head(0x90, 0xdc, length);
    }

    /// The head of a map: so many pairs have to follow, keys first.
    pub fn map(&mut self, length: usize) {
        self.head(0x80, 0xde, length);
    }

    /// The head of a variant that holds something, which has to follow. One that holds nothing is
    /// its name as a [`text`](Self::text).
    pub fn variant(&mut self, name: &str) {
        self.map(1);
        self.text(name);
    }

    /// The key of a pair of a map, and its value.
    pub fn field(&mut self, name: &str, value: &(impl Write + ?Sized)) {
        self.text(name);
        value.write(self);
    }

    fn head(&mut self, short: u8, mark: u8, length: usize) {
        match length {
            0..0x10 => self.bytes.push(short | length as u8),
            0x10..=0xffff => self.put(mark, &(length as u16).to_be_bytes()),
            // Memory ends before a length of more than 32 bits: this is a 32-bit machine.
            _ => self.put(mark + 1, &(length as u32).to_be_bytes()),
        }
    }

    /// The marks for lengths of 8, 16 and 32 bits follow each other.
    fn length(&mut self, mark: u8, length: usize) {
        match length {
            0..=0xff => self.put(mark, &[length as u8]),
            0x100..=0xffff => self.put(mark + 1, &(length as u16).to_be_bytes()),
            _ => self.put(mark + 2, &(length as u32).to_be_bytes()),
        }
    }

    fn put(&mut self, mark: u8, bytes: &[u8]) {
        self.bytes.push(mark);
        self.bytes.extend_from_slice(bytes);
    }
}
