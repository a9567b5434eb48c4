//! What is checked of a component before it is compiled: bytes in, verdict out.
//!
//! Fuel bounds what a guest runs, but nothing bounds the compiler once it has begun. So everything
//! that makes compiling expensive is counted here first, and so are the imports: what a component
//! does not import it cannot do.

use macro_bridge::digest::Digest;
use macro_bridge::failure::{Failure, texts::engine as texts};
use macro_bridge::outside::interface;
use sha2::Digest as _;
use wasmparser::{
    Chunk, ComponentInstance, FuncToValidate, FuncValidatorAllocations, FunctionBody, Parser,
    Payload, ValidPayload, Validator, ValidatorResources, WasmFeatures,
};

use crate::limits;

/// What the bytes should be.
#[derive(Clone, Copy, Debug, Default)]
pub struct LoadOptions<'a> {
    /// The cell they are from, for the texts of errors; may be empty.
    pub cell: &'a str,
    /// The digest that they were asked for by.
    pub expected: Option<Digest>,
}

/// A component that may be compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    /// Its digest.
    pub digest: Digest,
    /// The version of `cell:macros` that it speaks.
    pub api: String,
    /// All that it imports.
    pub imports: Vec<String>,
}

impl Audit {
    /// The interfaces of `cell:sandbox` that it imports, in order: what it can ask for or try that was
    /// made of an ordinary proc-macro crate.
    #[must_use]
    pub fn outside(&self) -> Vec<String> {
        let mut found: Vec<_> = self.imports.iter().filter_map(|it| outside(it)).collect();
        found.sort_unstable();
        found.into_iter().map(str::to_owned).collect()
    }
}

/// SHA-256 with the processor's instructions, for what is too large for the bridge's own.
#[must_use]
pub fn digest(bytes: &[u8]) -> Digest {
    Digest::from_bytes(sha2::Sha256::digest(bytes).into())
}

/// Checks a component.
///
/// # Errors
/// `NotAComponent`, `WrongDigest`, `TooLarge`, `ForbiddenImport`, `WrongVersion`, `MissingExport`.
pub fn check(bytes: &[u8], options: LoadOptions<'_>) -> Result<Audit, Failure> {
    let found = digest(bytes);
    let name = texts::component_name(options.cell, found);
    if bytes.len() as u64 > limits::COMPONENT_BYTES {
        return Err(texts::too_large(&name, "bytes", bytes.len() as u64, limits::COMPONENT_BYTES));
    }
    if let Some(expected) = options.expected.filter(|expected| *expected != found) {
        return Err(macro_bridge::failure::texts::project::wrong_digest(
            options.cell,
            &expected,
            &found,
        ));
    }
    let mut walk = Walk::new(&name);
    walk.component(bytes)?;
    for import in &walk.imports {
        check_import(&name, import)?;
    }
    let api = check_exports(&name, &walk.exports)?;
    Ok(Audit { digest: found, api, imports: walk.imports })
}

/// What stands in the first eight bytes.
fn check_header(name: &str, bytes: &[u8]) -> Result<(), Failure> {
    const MAGIC: &[u8] = b"\0asm";
    const CORE: &[u8] = &[1, 0, 0, 0];
    const COMPONENT: &[u8] = &[0x0d, 0, 1, 0];
    match (bytes.get(..4), bytes.get(4..8)) {
        (Some(MAGIC), Some(COMPONENT)) => Ok(()),
        (Some(MAGIC), Some(CORE)) => Err(texts::core_module(name)),
        (Some(MAGIC), Some(other)) => {
            let found =
                format!("its format is `{}`, which this Cell does not read", other.escape_ascii());
            Err(texts::not_a_component(name, &found, "update Cell"))
        }
        (Some(MAGIC), None) => Err(texts::truncated(name, bytes.len())),
        _ => Err(texts::not_wasm(name, &bytes[..bytes.len().min(8)])),
    }
}

/// One pass over all bytes that validates and counts.
struct Walk<'a> {
    name: &'a str,
    validator: Validator,
    /// Reused from function to function.
    buffers: Option<FuncValidatorAllocations>,
    functions: u64,
    declarations: u64,
    modules: u64,
    instances: u64,
    /// Of the outermost component.
    imports: Vec<String>,
    exports: Vec<String>,
}

impl<'a> Walk<'a> {
    fn new(name: &'a str) -> Self {
        Self {
            name,
            validator: Validator::new_with_features(features()),
            buffers: Some(FuncValidatorAllocations::default()),
            functions: 0,
            declarations: 0,
            modules: 0,
            instances: 0,
            imports: Vec::new(),
            exports: Vec::new(),
        }
    }

    fn component(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        check_header(self.name, bytes)?;
        let mut parser = Parser::new(0);
        parser.set_features(features());
        let mut outer: Vec<Parser> = Vec::new();
        let mut rest = bytes;
        loop {
            // Not told that there is no more, the parser asks for what a cut took away.
            let chunk = parser.parse(rest, rest.is_empty());
            let (used, payload) = match chunk.map_err(|e| self.invalid(&e))? {
                Chunk::NeedMoreData(_) => return Err(texts::truncated(self.name, bytes.len())),
                Chunk::Parsed { consumed, payload } => (consumed, payload),
            };
            rest = rest.get(used..).unwrap_or(&[]);
            if inner_end(&payload).is_some_and(|end| end > bytes.len()) {
                return Err(texts::truncated(self.name, bytes.len()));
            }
            self.count(&payload, outer.len())?;
            match self.validator.payload(&payload).map_err(|e| self.invalid(&e))? {
                ValidPayload::Ok => {}
                ValidPayload::Parser(inner) => {
                    self.modules += 1;
                    self.at_most("modules", self.modules, limits::MODULES)?;
                    outer.push(std::mem::replace(&mut parser, inner));
                    self.at_most(
                        "modules in one another",
                        outer.len() as u64 + 1,
                        limits::NESTING,
                    )?;
                }
                ValidPayload::Func(func, body) => self.function(func, &body)?,
                ValidPayload::End(_) => match outer.pop() {
                    Some(one) => parser = one,
                    None => return Ok(()),
                },
            }
        }
    }

    /// Counts what a section says, before the validator builds anything of it.
    fn count(&mut self, payload: &Payload<'_>, depth: usize) -> Result<(), Failure> {
        let declared = match payload {
            Payload::FunctionSection(section) => {
                self.functions += u64::from(section.count());
                self.at_most("functions", self.functions, limits::FUNCTIONS)?;
                0
            }
            Payload::ComponentInstanceSection(section) => {
                for instance in section.clone() {
                    let instance = instance.map_err(|e| self.invalid(&e))?;
                    if let ComponentInstance::Instantiate { .. } = instance {
                        self.instances += 1;
                        if depth > 0 {
                            return self.at_most(
                                "components that are made by inner components",
                                1,
                                0,
                            );
                        }
                    }
                }
                section.count()
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone() {
                    let instance = instance.map_err(|e| self.invalid(&e))?;
                    self.instances +=
                        u64::from(matches!(instance, wasmparser::Instance::Instantiate { .. }));
                }
                section.count()
            }
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section.clone() {
                    let import = import.map_err(|e| self.invalid(&e))?;
                    self.imports.push(import.name.name.to_owned());
                }
                section.count()
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section.clone() {
                    let export = export.map_err(|e| self.invalid(&e))?;
                    self.exports.push(export.name.name.to_owned());
                }
                section.count()
            }
            Payload::TypeSection(section) => section.count(),
            Payload::ImportSection(section) => section.count(),
            Payload::ExportSection(section) => section.count(),
            Payload::GlobalSection(section) => section.count(),
            Payload::ElementSection(section) => section.count(),
            Payload::DataSection(section) => section.count(),
            Payload::CoreTypeSection(section) => section.count(),
            Payload::ComponentTypeSection(section) => section.count(),
            Payload::ComponentImportSection(section) => section.count(),
            Payload::ComponentExportSection(section) => section.count(),
            Payload::ComponentAliasSection(section) => section.count(),
            Payload::ComponentCanonicalSection(section) => section.count(),
            _ => 0,
        };
        self.declarations += u64::from(declared);
        self.at_most("instances", self.instances, limits::MADE_INSTANCES)?;
        self.at_most("declarations", self.declarations, limits::DECLARATIONS)
    }

    fn function(
        &mut self,
        func: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), Failure> {
        let index = func.index;
        let what = |counted: &str| format!("{counted} in function {index}");
        let size = body.range().len() as u64;
        self.at_most(&what("bytes"), size, limits::FUNCTION_BYTES)?;

        let mut validator = func.into_validator(self.buffers.take().unwrap_or_default());
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader).map_err(|e| self.invalid(&e))?;
        reader.set_features(features());
        let locals = u64::from(validator.len_locals());
        self.at_most(&what("locals"), locals, limits::LOCALS)?;

        let mut blocks = 1;
        while !reader.eof() {
            blocks += u64::from(begins_block(reader.clone().read_u8().unwrap_or(0)));
            let at = reader.original_position();
            reader
                .visit_operator(&mut validator.visitor(at))
                .and_then(|valid| valid)
                .map_err(|e| self.invalid(&e))?;
            let depth = u64::from(validator.control_stack_height());
            self.at_most(&what("blocks in one another"), depth, limits::BLOCK_NESTING)?;
        }
        let at = reader.original_position();
        reader.finish_expression(&validator.visitor(at)).map_err(|e| self.invalid(&e))?;
        self.at_most(&what("locals times blocks"), locals * blocks, limits::LOCALS_TIMES_BLOCKS)?;
        self.buffers = Some(validator.into_allocations());
        Ok(())
    }

    fn at_most(&self, what: &str, found: u64, limit: u64) -> Result<(), Failure> {
        if found > limit {
            return Err(texts::too_large(self.name, what, found, limit));
        }
        Ok(())
    }

    fn invalid(&self, error: &wasmparser::BinaryReaderError) -> Failure {
        texts::invalid(self.name, error.offset() as u64, error.message())
    }
}

/// Where an inner module or component should end.
fn inner_end(payload: &Payload<'_>) -> Option<usize> {
    match payload {
        Payload::ModuleSection { unchecked_range, .. }
        | Payload::ComponentSection { unchecked_range, .. } => Some(unchecked_range.end),
        _ => None,
    }
}

/// Does an operator with this first byte begin a block of the compiler's? `block`, `loop`, `if`,
/// `else`, `br`, `br_if`, `br_table`.
fn begins_block(opcode: u8) -> bool {
    matches!(opcode, 0x02..=0x05 | 0x0c..=0x0e)
}

/// What components may use: what the Rust compiler emits for `wasm32-unknown-unknown`. The engine
/// has everything else off too.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::REFERENCE_TYPES
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::SIMD
        | WasmFeatures::FLOATS
        | WasmFeatures::EXTENDED_CONST
        | WasmFeatures::COMPONENT_MODEL
}

const PACKAGE: &str = "cell:macros/";

/// What ordinary proc-macro crates import as well.
const SANDBOX: &str = "cell:sandbox/";

/// The interface and version of `cell:macros/host@0.1.0`.
fn own_interface(name: &str) -> Option<(&str, &str)> {
    let rest = name.strip_prefix(PACKAGE)?;
    Some(rest.split_once('@').unwrap_or((rest, "without a version")))
}

/// The interface of `cell:sandbox` that an import names, if this host has it.
fn outside(import: &str) -> Option<&'static str> {
    let (name, version) = import.strip_prefix(SANDBOX)?.split_once('@')?;
    let known = interface::ALL.into_iter().find(|known| *known == name);
    known.filter(|_| version == macro_bridge::SANDBOX_VERSION)
}

fn check_import(name: &str, import: &str) -> Result<(), Failure> {
    if outside(import).is_some() {
        return Ok(());
    }
    let Some((interface, version)) = own_interface(import) else {
        return Err(texts::forbidden_import(name, import));
    };
    check_version(name, version)?;
    match interface {
        "host" | "types" => Ok(()),
        // A later patch release may have an interface that this one has not.
        _ if is_newer_patch(version) => Err(texts::too_new(name, version)),
        _ => Err(texts::forbidden_import(name, import)),
    }
}

fn check_exports(name: &str, exports: &[String]) -> Result<String, Failure> {
    let expander = exports
        .iter()
        .filter_map(|export| own_interface(export))
        .find(|(interface, _)| *interface == "expander");
    match expander {
        Some((_, version)) => check_version(name, version).map(|()| version.to_owned()),
        None => Err(texts::missing_export(name, exports)),
    }
}

/// Versions agree as Cargo has it: below 1.0 the second number decides.
fn check_version(name: &str, theirs: &str) -> Result<(), Failure> {
    let ours = numbers(macro_bridge::API_VERSION);
    match (numbers(theirs), ours) {
        (Some([0, theirs, _]), Some([0, ours, _])) if theirs == ours => Ok(()),
        (Some([major, ..]), Some([ours, ..])) if major == ours && major > 0 => Ok(()),
        (Some(number), Some(ours)) if number > ours => Err(texts::too_new(name, theirs)),
        _ => Err(texts::too_old(name, theirs)),
    }
}

/// Is this of our series, but later?
pub(crate) fn is_newer_patch(version: &str) -> bool {
    numbers(version) > numbers(macro_bridge::API_VERSION)
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut parts = version.split('.').map(|part| part.parse().ok());
    let numbers = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use macro_bridge::failure::Kind;

    #[test]
    fn versions_of_our_series_are_taken_and_others_named() {
        for good in ["0.1.0", "0.1.7"] {
            assert!(check_version("x", good).is_ok(), "{good}");
        }
        for (bad, word) in [
            ("0.0.9", "older"),
            ("0.2.0", "newer"),
            ("1.0.0", "newer"),
            ("0.1.0-rc.1", "older"),
            ("without a version", "older"),
        ] {
            let failure = check_version("component of cell `x`", bad).unwrap_err();
            assert_eq!(failure.kind, Kind::WrongVersion);
            assert!(
                failure.message.contains(bad) && failure.message.contains("0.1.0"),
                "{failure}"
            );
            assert!(failure.notes[0].contains(word), "{failure}");
        }
    }

    #[test]
    fn only_our_host_may_be_imported() {
        for good in ["cell:macros/host@0.1.0", "cell:macros/types@0.1.3"] {
            assert!(check_import("x", good).is_ok(), "{good}");
        }
        for (bad, kind) in [
            ("wasi:clocks/wall-clock@0.2.0", Kind::ForbiddenImport),
            ("cell:macros/clock@0.1.0", Kind::ForbiddenImport),
            ("cell:macros/clock@0.1.9", Kind::WrongVersion),
            ("cell:macros-evil/host@0.1.0", Kind::ForbiddenImport),
            ("cell:macros/host@0.2.0", Kind::WrongVersion),
            ("host", Kind::ForbiddenImport),
        ] {
            assert_eq!(check_import("x", bad).unwrap_err().kind, kind, "{bad}");
        }
    }
}
