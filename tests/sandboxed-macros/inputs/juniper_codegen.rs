use juniper_codegen::*;
#[derive(GraphQLObject)] #[graphql(description = "x", rename_all = "none")] struct A { /// doc
 id: i32, #[graphql(name = "other", deprecated = "no")] b: Option<String>, #[graphql(skip)] c: u8 }
#[derive(GraphQLEnum, Clone)] #[graphql(context = Ctx)] enum B { One, #[graphql(name = "TWO_2", description = "y")] Two }
#[derive(GraphQLInputObject)] struct C { #[graphql(default = 5)] a: i32, r#type: Vec<Option<i32>> }
#[derive(GraphQLUnion)] #[graphql(on Other = Self::other)] enum D { A(A), #[graphql(ignore)] E(u8) }
#[derive(GraphQLScalar)] #[graphql(transparent)] struct F(String);
#[graphql_object(context = Ctx, name = "Query")] impl Query { /// doc
 fn a(&self, #[graphql(default, name = "y")] x: i32, ctx: &Ctx) -> FieldResult<String> { todo!() } async fn b() -> i32 { 1 } #[graphql(skip)] fn c() {} }
#[graphql_interface(for = [A], enum = Node)] trait G { fn id(&self) -> i32; }
#[graphql_subscription] impl S { async fn x() -> Pin<Box<dyn Stream<Item = i32> + Send>> { todo!() } }
