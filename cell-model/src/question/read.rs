//! MessagePack, piece by piece, from bytes of anybody. Nothing is copied, and no length is believed.

/// What one piece is. Of lists and maps only the beginning: their parts are the next pieces.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece<'a> {
    Nil,
    Bool(bool),
    /// Those of 64 bits and less.
    Integer(i128),
    F32(f32),
    F64(f64),
    /// Not necessarily UTF-8.
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    /// So many values.
    List(u32),
    /// So many keys, each with a value behind it.
    Map(u32),
    /// A type of its own, which no protein has.
    Extension,
}

/// What is not yet read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

/// Why there is no next piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    End,
    /// The one byte that MessagePack does not use.
    Unused,
}

impl<'a> Reader<'a> {
    /// Is nil next?
    pub(super) fn is_nil(&self) -> bool {
        self.0.first() == Some(&0xc0)
    }

    /// Takes the next piece.
    pub(super) fn next(&mut self) -> Result<Piece<'a>, Broken> {
        let [marker] = self.array()?;
        Ok(match marker {
            0x00..=0x7f => Piece::Integer(marker.into()),
            0x80..=0x8f => Piece::Map(u32::from(marker & 0x0f)),
            0x90..=0x9f => Piece::List(u32::from(marker & 0x0f)),
            0xa0..=0xbf => Piece::Text(self.take(u32::from(marker & 0x1f))?),
            0xc0 => Piece::Nil,
            0xc1 => return Err(Broken::Unused),
            0xc2 | 0xc3 => Piece::Bool(marker == 0xc3),
            0xc4..=0xc6 => {
                let length = self.length(marker - 0xc4)?;
                Piece::Bytes(self.take(length)?)
            }
            0xc7..=0xc9 => {
                let length = self.length(marker - 0xc7)?;
                self.extension(length)?
            }
            0xca => Piece::F32(f32::from_be_bytes(self.array()?)),
            0xcb => Piece::F64(f64::from_be_bytes(self.array()?)),
            0xcc => Piece::Integer(u8::from_be_bytes(self.array()?).into()),
            0xcd => Piece::Integer(u16::from_be_bytes(self.array()?).into()),
            0xce => Piece::Integer(u32::from_be_bytes(self.array()?).into()),
            0xcf => Piece::Integer(u64::from_be_bytes(self.array()?).into()),
            0xd0 => Piece::Integer(i8::from_be_bytes(self.array()?).into()),
            0xd1 => Piece::Integer(i16::from_be_bytes(self.array()?).into()),
            0xd2 => Piece::Integer(i32::from_be_bytes(self.array()?).into()),
            0xd3 => Piece::Integer(i64::from_be_bytes(self.array()?).into()),
            0xd4..=0xd8 => self.extension(1 << (marker - 0xd4))?,
            0xd9..=0xdb => {
                let length = self.length(marker - 0xd9)?;
                Piece::Text(self.take(length)?)
            }
            0xdc | 0xdd => Piece::List(self.length(marker - 0xdc + 1)?),
            0xde | 0xdf => Piece::Map(self.length(marker - 0xde + 1)?),
            0xe0..=0xff => Piece::Integer(i8::from_be_bytes([marker]).into()),
        })
    }

    /// A length of one, two or four bytes.
    fn length(&mut self, size: u8) -> Result<u32, Broken> {
        Ok(match size {
            0 => u8::from_be_bytes(self.array()?).into(),
            1 => u16::from_be_bytes(self.array()?).into(),
            _ => u32::from_be_bytes(self.array()?),
        })
    }

    fn extension(&mut self, length: u32) -> Result<Piece<'a>, Broken> {
        let [_kind] = self.array()?;
        self.take(length)?;
        Ok(Piece::Extension)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (found, rest) = self.0.split_first_chunk().ok_or(Broken::End)?;
        self.0 = rest;
        Ok(*found)
    }

    fn take(&mut self, length: u32) -> Result<&'a [u8], Broken> {
        let (found, rest) = self.0.split_at_checked(length as usize).ok_or(Broken::End)?;
        self.0 = rest;
        Ok(found)
    }
}
