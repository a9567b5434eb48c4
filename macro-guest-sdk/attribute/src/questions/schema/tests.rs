//! The reader is compared with that of `cell-model`, which defines the format.

use cell_model::schema as model;
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

/// What a whole schema says to a macro.
fn asked(schema: &model::Schema) -> Asked {
    let mut asked = Asked::default();
    let mut open = Vec::new();
    for (name, method) in schema.methods.iter().filter(|(_, method)| method.compile_time) {
        let text = schema.to_string();
        let mut lines = text.lines().filter_map(|line| line.strip_prefix("method "));
        let line = lines.find(|line| line.starts_with(&format!("{name}("))).expect("it is there");
        let method = Method {
            arguments: method.arguments.iter().map(field).collect(),
            returns: ty(&method.returns),
            line: line.strip_suffix(MARK).expect("it is marked").to_owned(),
        };
        method.arguments.iter().for_each(|field| names(&field.ty, &mut open));
        names(&method.returns, &mut open);
        asked.methods.insert(name.clone(), method);
    }
    while let Some(name) = open.pop() {
        if asked.types.contains_key(&name) {
            continue;
        }
        let named = match &schema.types[&name] {
            model::Named::Struct(fields) => Named::Struct(fields.iter().map(field).collect()),
            model::Named::Wrapper(inside) => Named::Wrapper(ty(inside)),
            model::Named::Enum(variants) => Named::Enum(variants.iter().map(variant).collect()),
        };
        parts(&named).into_iter().for_each(|ty| names(ty, &mut open));
        asked.types.insert(name, named);
    }
    asked
}

fn field(field: &model::Field) -> Field {
    Field { name: field.name.clone(), ty: ty(&field.ty), default: field.default }
}

fn variant(variant: &model::Variant) -> Variant {
    let content = match &variant.content {
        model::Content::Unit => Content::Unit,
        model::Content::Tuple(types) => Content::Tuple(types.iter().map(ty).collect()),
        model::Content::Struct(fields) => Content::Struct(fields.iter().map(field).collect()),
    };
    Variant { name: variant.name.clone(), content, default: variant.default }
}

fn ty(found: &model::Type) -> Type {
    let boxed = |inside: &model::Type| Box::new(ty(inside));
    match found {
        model::Type::Basic(basic) => {
            Type::Basic(BASIC.into_iter().find(|word| *word == basic.word()).expect("all of them"))
        }
        model::Type::Named(name) => Type::Named(name.clone()),
        model::Type::Option(inside) => Type::Option(boxed(inside)),
        model::Type::List(inside) => Type::List(boxed(inside)),
        model::Type::Set(inside) => Type::Set(boxed(inside)),
        model::Type::Map(one, two) => Type::Map(boxed(one), boxed(two)),
        model::Type::Result(one, two) => Type::Result(boxed(one), boxed(two)),
        model::Type::Array(inside, length) => Type::Array(boxed(inside), *length),
        model::Type::Tuple(types) => Type::Tuple(types.iter().map(ty).collect()),
    }
}

const TYPES: [&str; 4] = ["A", "Type_1", "option_", "Z"];

fn any_type() -> impl Strategy<Value = model::Type> {
    let basic = (0..model::Basic::ALL.len()).prop_map(|at| model::Basic::ALL[at]);
    let flat = prop_oneof![
        basic.prop_map(model::Type::Basic),
        prop::sample::select(&TYPES[..]).prop_map(|name| model::Type::Named(name.to_owned())),
    ];
    flat.prop_recursive(3, 8, 3, |inside| {
        let one = || inside.clone().prop_map(Box::new);
        prop_oneof![
            one().prop_map(model::Type::Option),
            one().prop_map(model::Type::List),
            one().prop_map(model::Type::Set),
            (one(), one()).prop_map(|(a, b)| model::Type::Map(a, b)),
            (one(), one()).prop_map(|(a, b)| model::Type::Result(a, b)),
            (one(), any::<u32>()).prop_map(|(a, length)| model::Type::Array(a, length)),
            vec(inside.clone(), 2..=6).prop_map(model::Type::Tuple),
        ]
    })
}

fn any_fields() -> impl Strategy<Value = Vec<model::Field>> {
    let names = btree_map("[a-z][a-z_0-9]{0,3}", (any_type(), any::<bool>()), 0..4);
    names.prop_map(|fields| {
        let named = |(name, (ty, default))| model::Field { name, ty, default };
        fields.into_iter().filter(|(name, _)| model::is_name(name)).map(named).collect()
    })
}

fn any_named() -> impl Strategy<Value = model::Named> {
    let content = prop_oneof![
        Just(model::Content::Unit),
        vec(any_type(), 0..3).prop_map(model::Content::Tuple),
        any_fields().prop_map(model::Content::Struct),
    ];
    let variants =
        btree_map("[A-Z][a-z]{0,2}", content, 0..4).prop_map(|variants| {
            let last = variants.len();
            let variant = |(at, (name, content)): (usize, (String, model::Content))| {
                model::Variant { name, content, default: at + 2 == last }
            };
            let variants = variants.into_iter().filter(|(name, _)| model::is_name(name));
            model::Named::Enum(variants.enumerate().map(variant).collect())
        });
    prop_oneof![
        any_fields().prop_map(model::Named::Struct),
        any_type().prop_map(model::Named::Wrapper),
        variants,
    ]
}

fn any_schema() -> impl Strategy<Value = model::Schema> {
    let method = (any_fields(), any_type(), any::<bool>(), any::<bool>()).prop_map(
        |(arguments, returns, compile_time, streams)| {
            let streams = streams && !compile_time;
            model::Method { arguments, returns, streams, compile_time }
        },
    );
    let types = vec(any_named(), TYPES.len());
    (btree_map("m[a-z]{0,3}", method, 0..4), types).prop_map(|(methods, types)| model::Schema {
        service: "Any".to_owned(),
        methods,
        types: TYPES.map(str::to_owned).into_iter().zip(types).collect(),
        ..model::Schema::default()
    })
}

proptest! {
    #[test]
    fn what_is_read_is_what_the_whole_says(schema in any_schema()) {
        let mut found = Asked::default();
        prop_assert_eq!(read(&schema.to_string(), &mut found), Ok(()));
        prop_assert_eq!(found, asked(&schema));
    }

    #[test]
    fn any_text_is_read_or_refused(
        schema in any_schema(),
        at in any::<prop::sample::Index>(),
        other in "[ a-z<>,()=:\n]{0,3}",
    ) {
        let mut text = schema.to_string();
        let at = at.index(text.len());
        text.replace_range(at..at + 1, &other);
        let _ = read(&text, &mut Asked::default());
    }
}

#[test]
fn what_no_question_reaches_may_be_of_a_later_format() {
    let text = "cell-schema 1\nservice S\nmethod a() -> A at compile time\n\
                method b(c: later<C>) -> stream D really\n\nstruct A\n  b: u8\n\n\
                secret struct C\n  d: later<u8>\n\nunion D\n  later\n";
    let mut found = Asked::default();
    assert_eq!(read(text, &mut found), Ok(()));
    assert_eq!((found.methods.len(), found.types.len()), (1, 1));
}
