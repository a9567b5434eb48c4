//! Random values of a schema's types, written as serde's derives for such types write them.

use std::collections::BTreeSet;
use std::sync::Mutex;

use serde::ser::{
    Serialize, SerializeMap as _, SerializeSeq as _, SerializeStruct as _,
    SerializeStructVariant as _, SerializeTuple as _, SerializeTupleVariant as _, Serializer,
};

use crate::fuzz::Random;
use crate::message::encode;
use crate::schema::{Basic, Content, Field, Named, Schema, Type, Variant};

/// A value, by the call of serde's that writes it.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Unit,
    Bool(bool),
    Unsigned(Basic, u64),
    Signed(Basic, i64),
    U128(u128),
    I128(i128),
    F32(f32),
    F64(f64),
    Char(char),
    Text(String),
    Nothing,
    Some(Box<Value>),
    List(Vec<Value>),
    Set(Vec<Value>),
    Tuple(Vec<Value>),
    Map(Vec<(Value, Value)>),
    Wrapper(Box<Value>),
    UnitStruct,
    Struct(Vec<(&'static str, Value)>),
    UnitVariant(&'static str),
    NewVariant(&'static str, Box<Value>),
    TupleVariant(&'static str, Vec<Value>),
    StructVariant(&'static str, Vec<(&'static str, Value)>),
    /// What stands where it may not.
    Mistake(Box<Value>),
}

/// serde knows names of types and fields for good.
fn name(text: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().expect("nobody panics with it");
    if let Some(known) = names.get(text) {
        return known;
    }
    let new: &'static str = String::leak(text.to_owned());
    names.insert(new);
    new
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Unit => to.serialize_unit(),
            Self::Mistake(value) => value.serialize(to),
            Self::Bool(value) => to.serialize_bool(*value),
            Self::Unsigned(Basic::U8, value) => to.serialize_u8(*value as u8),
            Self::Unsigned(Basic::U16, value) => to.serialize_u16(*value as u16),
            Self::Unsigned(Basic::U32, value) => to.serialize_u32(*value as u32),
            Self::Unsigned(_, value) => to.serialize_u64(*value),
            Self::Signed(Basic::I8, value) => to.serialize_i8(*value as i8),
            Self::Signed(Basic::I16, value) => to.serialize_i16(*value as i16),
            Self::Signed(Basic::I32, value) => to.serialize_i32(*value as i32),
            Self::Signed(_, value) => to.serialize_i64(*value),
            Self::U128(value) => to.serialize_u128(*value),
            Self::I128(value) => to.serialize_i128(*value),
            Self::F32(value) => to.serialize_f32(*value),
            Self::F64(value) => to.serialize_f64(*value),
            Self::Char(value) => to.serialize_char(*value),
            Self::Text(value) => to.serialize_str(value),
            Self::Nothing => to.serialize_none(),
            Self::Some(value) => to.serialize_some(&**value),
            // As a vector does it: bytes are written as such.
            Self::List(values) => to.collect_seq(values),
            Self::Set(values) => {
                let mut list = to.serialize_seq(Some(values.len()))?;
                values.iter().try_for_each(|value| list.serialize_element(value))?;
                list.end()
            }
            Self::Tuple(values) => {
                let mut tuple = to.serialize_tuple(values.len())?;
                values.iter().try_for_each(|value| tuple.serialize_element(value))?;
                tuple.end()
            }
            Self::Map(entries) => {
                let mut map = to.serialize_map(Some(entries.len()))?;
                entries.iter().try_for_each(|(key, value)| map.serialize_entry(key, value))?;
                map.end()
            }
            Self::Wrapper(value) => to.serialize_newtype_struct("Wrapper", &**value),
            Self::UnitStruct => to.serialize_unit_struct("Struct"),
            Self::Struct(fields) => {
                let mut all = to.serialize_struct("Struct", fields.len())?;
                fields.iter().try_for_each(|(name, value)| all.serialize_field(name, value))?;
                all.end()
            }
            Self::UnitVariant(name) => to.serialize_unit_variant("Enum", 0, name),
            Self::NewVariant(name, value) => {
                to.serialize_newtype_variant("Enum", 0, name, &**value)
            }
            Self::TupleVariant(name, values) => {
                let mut all = to.serialize_tuple_variant("Enum", 0, name, values.len())?;
                values.iter().try_for_each(|value| all.serialize_field(value))?;
                all.end()
            }
            Self::StructVariant(name, fields) => {
                let mut all = to.serialize_struct_variant("Enum", 0, name, fields.len())?;
                fields.iter().try_for_each(|(name, value)| all.serialize_field(name, value))?;
                all.end()
            }
        }
    }
}

/// Makes values, and one mistake if it is told to.
pub(crate) struct Maker<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) random: Random,
    /// The number or text that is to be a wrong one, counted as they are made.
    pub(crate) wrong: Option<usize>,
    /// Parts that may still be made: types that name each other often would make too many.
    pub(crate) left: usize,
}

impl Maker<'_> {
    /// A value, in which types with names nest so deep. `None` if there is none: some types end nowhere.
    pub(crate) fn value(&mut self, ty: &Type, depth: usize) -> Option<Value> {
        self.left = self.left.checked_sub(1)?;
        Some(match ty {
            Type::Basic(basic) => self.basic(*basic),
            Type::Named(name) => self.named(name, depth.checked_sub(1)?)?,
            Type::Option(inside) => match self.random.below(3) {
                0 => Value::Nothing,
                _ => {
                    self.value(inside, depth).map_or(Value::Nothing, |one| Value::Some(one.into()))
                }
            },
            Type::List(inside) => Value::List(self.several(inside, depth)),
            Type::Set(inside) => {
                let mut seen = BTreeSet::new();
                let mut values = self.several(inside, depth);
                values.retain(|value| seen.insert(encode(value).ok()));
                Value::Set(values)
            }
            Type::Map(key, value) => {
                let mut seen = BTreeSet::new();
                let mut keys = self.several(key, depth);
                keys.retain(|value| seen.insert(encode(value).ok()));
                let with = |key| Some((key, self.value(value, depth)?));
                Value::Map(keys.into_iter().map_while(with).collect())
            }
            Type::Result(value, error) => {
                let (name, ty) =
                    if self.random.below(2) == 0 { ("Ok", value) } else { ("Err", error) };
                Value::NewVariant(name, self.value(ty, depth)?.into())
            }
            Type::Array(inside, length) => Value::Tuple(
                (0..*length).map(|_| self.value(inside, depth)).collect::<Option<_>>()?,
            ),
            Type::Tuple(types) => Value::Tuple(self.each(types, depth)?),
        })
    }

    fn several(&mut self, ty: &Type, depth: usize) -> Vec<Value> {
        let count = if self.random.below(40) == 0 { 70 } else { self.random.below(4) };
        (0..count).map_while(|_| self.value(ty, depth)).collect()
    }

    fn each(&mut self, types: &[Type], depth: usize) -> Option<Vec<Value>> {
        types.iter().map(|ty| self.value(ty, depth)).collect()
    }

    /// Fields that may be missing sometimes are.
    pub(crate) fn fields(
        &mut self,
        fields: &[Field],
        depth: usize,
    ) -> Option<Vec<(&'static str, Value)>> {
        let mut made = Vec::new();
        for field in fields {
            if !field.default || self.random.below(4) > 0 {
                made.push((name(&field.name), self.value(&field.ty, depth)?));
            }
        }
        Some(made)
    }

    fn named(&mut self, name: &str, depth: usize) -> Option<Value> {
        match self.schema.types.get(name)? {
            Named::Wrapper(inside) => Some(Value::Wrapper(self.value(inside, depth)?.into())),
            Named::Struct(fields) if fields.is_empty() && self.random.below(2) == 0 => {
                Some(Value::UnitStruct)
            }
            Named::Struct(fields) => Some(Value::Struct(self.fields(fields, depth)?)),
            Named::Enum(variants) => {
                let first = self.random.below(variants.len());
                let mut all = variants[first..].iter().chain(&variants[..first]);
                all.find_map(|variant| self.variant(variant, depth))
            }
        }
    }

    fn variant(&mut self, variant: &Variant, depth: usize) -> Option<Value> {
        let name = name(&variant.name);
        Some(match &variant.content {
            Content::Unit => Value::UnitVariant(name),
            Content::Tuple(types) if types.len() == 1 => {
                Value::NewVariant(name, self.value(&types[0], depth)?.into())
            }
            Content::Tuple(types) => Value::TupleVariant(name, self.each(types, depth)?),
            Content::Struct(fields) => Value::StructVariant(name, self.fields(fields, depth)?),
        })
    }

    fn basic(&mut self, basic: Basic) -> Value {
        if let Some(left) = &mut self.wrong {
            match left.checked_sub(1) {
                Some(fewer) => *left = fewer,
                None => {
                    self.wrong = None;
                    return Value::Mistake(self.mistake(basic).into());
                }
            }
        }
        // Small and large ones.
        let number = self.random.next() << 48 | self.random.next();
        let number = number >> self.random.below(64);
        match basic {
            Basic::Unit => Value::Unit,
            Basic::Bool => Value::Bool(number.is_multiple_of(2)),
            Basic::U8 | Basic::U16 | Basic::U32 | Basic::U64 => Value::Unsigned(basic, number),
            Basic::I8 | Basic::I16 | Basic::I32 | Basic::I64 => {
                Value::Signed(basic, number as i64 ^ -i64::from(self.random.below(2) == 0))
            }
            Basic::U128 => Value::U128(u128::from(number) << self.random.below(64)),
            Basic::I128 => Value::I128(!(i128::from(number) << self.random.below(64))),
            Basic::F32 => Value::F32(number as f32),
            Basic::F64 => Value::F64(number as f64 / 3.0),
            Basic::Char => Value::Char(['a', 'é', '\0', '\u{1f980}'][self.random.below(4)]),
            Basic::String => Value::Text("é\"".repeat(self.random.below(40))),
            Basic::Bytes => {
                let byte = |byte| Value::Unsigned(Basic::U8, u64::from(byte));
                Value::List(self.random.bytes(300).into_iter().map(byte).collect())
            }
        }
    }

    /// What no type of this word has.
    fn mistake(&mut self, basic: Basic) -> Value {
        let beyond = match basic {
            Basic::U8 => Some(Value::Unsigned(Basic::U64, 1 << 8)),
            Basic::U16 => Some(Value::Unsigned(Basic::U64, 1 << 16)),
            Basic::U32 => Some(Value::Unsigned(Basic::U64, 1 << 32)),
            Basic::U64 | Basic::U128 => Some(Value::Signed(Basic::I64, -1)),
            Basic::I8 => Some(Value::Signed(Basic::I64, -129)),
            Basic::I16 => Some(Value::Signed(Basic::I64, 1 << 15)),
            Basic::I32 => Some(Value::Signed(Basic::I64, -(1 << 31) - 1)),
            Basic::I64 => Some(Value::Unsigned(Basic::U64, 1 << 63)),
            Basic::F32 => Some(Value::F64(0.1)),
            Basic::Char => Some(Value::Text(["", "ab"][self.random.below(2)].to_owned())),
            _ => None,
        };
        let other = match (self.random.below(5), basic) {
            (0, Basic::Bool) | (1, Basic::String) | (2, Basic::F64) => Value::Map(Vec::new()),
            (0, _) => Value::Bool(true),
            (1, _) => Value::Text("no".to_owned()),
            (2, _) => Value::F64(1.5),
            _ => Value::Map(Vec::new()),
        };
        beyond.filter(|_| self.random.below(2) == 0).unwrap_or(other)
    }
}
