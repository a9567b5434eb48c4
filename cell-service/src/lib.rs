//! Typed services: what the macros `#[protein]`, `#[service]` and `#[handler]` generate stands on
//! this. Applications use it through `cell-sdk`.
//!
//! A [`Protein`] is a type that can be sent; a [`Service`] has methods that a cell answers; a
//! [`Caller`] calls them. Arguments and values are archived by rkyv between two sides of one schema,
//! and MessagePack otherwise; bytes from the other side are always checked.
#![forbid(unsafe_code)]

mod call_error;
mod caller;
mod codec;
mod items;
mod serving;
mod types;

/// Schemas, and how types say what they are.
pub mod schema {
    pub use cell_model::schema::{
        Content, Field, Method, Named, Schema, SchemaHash, Type, Variant,
    };

    pub use crate::types::{Types, field};
}

pub use call_error::CallError;
pub use caller::Caller;
pub use cell_model::{Code, Fault};
pub use items::{Items, ItemsOf};
pub use serving::{Builder, Running, Serve, Service};
pub use types::Protein;

/// For generated code alone.
#[doc(hidden)]
pub mod __private {
    pub use cell_transport::{Answer, Call, Reply};
    pub use rkyv;
    pub use serde;

    pub use crate::caller::published;
    pub use crate::codec::{decode, encode};
    pub use crate::serving::{ended, is_service, unknown_method};
}
