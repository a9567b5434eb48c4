//! Typed services: what the macros `#[protein]`, `#[service]` and `#[handler]` generate stands on
//! this. Applications use it through `cell-sdk`.
//!
//! A [`Protein`] is a type that can be sent; a [`Service`] has methods that a cell answers; a
//! [`Caller`] calls them. Arguments and values are archived by rkyv between two sides of one schema,
//! and MessagePack otherwise; bytes from the other side are always checked.
#![forbid(unsafe_code)]

mod builder;
mod call_error;
mod caller;
mod cell;
mod codec;
mod component;
mod config;
mod counted;
mod health;
mod items;
mod metrics;
mod observed;
mod pool;
mod running;
mod runtime;
mod service;
pub mod trace;
mod types;

/// Schemas, and how types say what they are.
pub mod schema {
    pub use cell_model::schema::{
        Content, Field, Method, Named, Schema, SchemaHash, Type, Variant,
    };

    pub use crate::types::{Types, field};
}

pub use builder::Builder;
pub use call_error::CallError;
pub use caller::Caller;
pub use cell_model::{Code, Fault};
/// Connections, and what carries them: for cells on other listeners than the socket of their name
/// ([`Builder::also_on`]) and clients over them ([`Caller::on`]).
pub use cell_transport as transport;
pub use cell_transport::Limits;
pub use component::{NoComponent, fetch_component};
pub use config::{CellConfig, ConfigError};
pub use health::HealthReporter;
pub use items::{Items, ItemsOf};
/// What metrics of a cell's author are made of: see [`Builder::metrics`].
pub use prometheus_client;
pub use running::Running;
pub use runtime::Runtime;
pub use service::{Serve, Service};
pub use types::Protein;

/// For generated code alone.
#[doc(hidden)]
pub mod __private {
    pub use cell_transport::{Answer, Call, Reply};
    pub use rkyv;
    pub use serde;

    pub use crate::caller::published;
    pub use crate::codec::{decode, encode};
    pub use crate::service::{ended, is_service, unknown_method};
}
