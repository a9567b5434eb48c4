//! The code of a service of gRPC. Its description stands here instead of in a `.proto` file: protoc,
//! which would read that, is a program of its own that no package registry of Rust has, and takes
//! next to no time. All else is what users of tonic build.
#![forbid(unsafe_code)]

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet,
    MethodDescriptorProto, ServiceDescriptorProto,
};

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    tonic_prost_build::compile_fds(FileDescriptorSet { file: vec![file()] })
}

/// ```proto
/// syntax = "proto3";
/// package echo;
/// message Payload { bytes payload = 1; }
/// service Echo { rpc Echo(Payload) returns (Payload); }
/// ```
fn file() -> FileDescriptorProto {
    let text = |text: &str| Some(text.to_owned());
    let field = FieldDescriptorProto {
        name: text("payload"),
        json_name: text("payload"),
        number: Some(1),
        label: Some(Label::Optional.into()),
        r#type: Some(Type::Bytes.into()),
        ..FieldDescriptorProto::default()
    };
    let payload =
        DescriptorProto { name: text("Payload"), field: vec![field], ..DescriptorProto::default() };
    let method = MethodDescriptorProto {
        name: text("Echo"),
        input_type: text(".echo.Payload"),
        output_type: text(".echo.Payload"),
        ..MethodDescriptorProto::default()
    };
    let service = ServiceDescriptorProto {
        name: text("Echo"),
        method: vec![method],
        ..ServiceDescriptorProto::default()
    };
    FileDescriptorProto {
        name: text("echo.proto"),
        package: text("echo"),
        message_type: vec![payload],
        service: vec![service],
        syntax: text("proto3"),
        ..FileDescriptorProto::default()
    }
}
