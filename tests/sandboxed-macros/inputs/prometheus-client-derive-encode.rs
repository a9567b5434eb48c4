use prometheus_client_derive_encode::{EncodeLabelSet, EncodeLabelValue};
#[derive(EncodeLabelSet)] struct A { method: String, #[prometheus(flatten)] inner: B }
#[derive(EncodeLabelSet, Clone)] pub struct B<'a> { r#type: &'a str, path: u8 }
#[derive(EncodeLabelSet)] struct C<T: Clone> where T: Sync { #[prometheus(skip)] a: T }
#[derive(EncodeLabelValue)] enum D { Get, Post, #[doc = "x"] Delete }
#[derive(EncodeLabelSet)] enum E { A }
#[derive(EncodeLabelValue)] struct F { a: u8 }
#[derive(EncodeLabelSet)] struct G { #[prometheus(unknown)] a: u8, #[prometheus] b: u8 }
#[derive(EncodeLabelValue)] enum H { A(u8) }
