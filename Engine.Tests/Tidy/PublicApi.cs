using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace VxlanEngine.Tests.Tidy;

/// <summary>Writes what an assembly shows to others, one line a member.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.Instance | BindingFlags.Static;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(sbyte)] = "sbyte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(nint)] = "nint",
        [typeof(nuint)] = "nuint",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
        [typeof(string)] = "string",
        [typeof(object)] = "object",
        [typeof(void)] = "void",
    };

    /// <summary>The public and protected members of the public types, sorted.</summary>
    public static IEnumerable<string> Of(Assembly assembly) =>
        assembly.GetExportedTypes().SelectMany(Lines).Order(StringComparer.Ordinal);

    private static IEnumerable<string> Lines(Type type)
    {
        string name = FullName(type);
        yield return $"{name}: {Kind(type)}{Bases(type)}";
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            yield return $"{name}{Parameters(type.GetMethod("Invoke")!)}: {ReturnType(type.GetMethod("Invoke")!)}";
            yield break;
        }

        foreach (MemberInfo member in type.GetMembers(Declared))
        {
            string? line = member switch
            {
                FieldInfo f when IsVisible(f.Attributes) => Field(type, f),
                PropertyInfo p when Accessors(p).Length > 0 => Property(p),
                EventInfo e when IsVisible(e.AddMethod!) => $"{e.Name}: event {Name(e.EventHandlerType!)}",
                ConstructorInfo c when IsVisible(c) && !c.IsStatic => $"new{Parameters(c)}",
                MethodInfo m when IsListed(m) => $"{MethodName(m)}{Parameters(m)}: {Modifiers(m)}{ReturnType(m)}",
                _ => null,
            };
            if (line is not null)
            {
                yield return $"{name}.{line}";
            }
        }
    }

    private static string Kind(Type type) =>
        type.IsEnum ? $"enum : {Name(Enum.GetUnderlyingType(type))}"
        : type.IsInterface ? "interface"
        : typeof(Delegate).IsAssignableFrom(type) ? "delegate"
        : type.IsValueType
            ? $"{(Has<IsReadOnlyAttribute>(type) ? "readonly " : "")}{(type.IsByRefLike ? "ref " : "")}struct"
        : type is { IsAbstract: true, IsSealed: true } ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class" : "class";

    private static string Bases(Type type)
    {
        if (type.IsEnum || typeof(Delegate).IsAssignableFrom(type))
        {
            return string.Empty;
        }

        Type? parent = type.BaseType == typeof(object) || type.BaseType == typeof(ValueType) ? null : type.BaseType;
        string[] names = [.. type.GetInterfaces().Where(i => i.IsPublic).Select(Name).Order(StringComparer.Ordinal)];
        string[] all = parent is null ? names : [Name(parent), .. names];
        return all.Length == 0 ? string.Empty : $" : {string.Join(", ", all)}";
    }

    private static string? Field(Type type, FieldInfo field)
    {
        if (field.IsSpecialName)
        {
            return null;
        }

        string value = field.IsLiteral
            ? string.Create(CultureInfo.InvariantCulture, $" = {field.GetRawConstantValue() ?? "null"}")
            : string.Empty;
        string modifier = field.IsLiteral ? "const " : field.IsStatic ? "static " : string.Empty;
        string write = field.IsInitOnly ? "readonly " : string.Empty;
        return type.IsEnum
            ? $"{field.Name}{value}"
            : $"{field.Name}: {modifier}{write}{Name(field.FieldType, Nullability(field))}{value}";
    }

    private static string? Property(PropertyInfo property)
    {
        if (property.Name == "EqualityContract")
        {
            return null;
        }

        MethodInfo[] accessors = Accessors(property);
        string list = string.Concat(accessors.Select(a =>
            a == property.GetMethod ? "get; " : IsInit(a) ? "init; " : "set; "));
        ParameterInfo[] index = property.GetIndexParameters();
        string name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(Parameter))}]";
        string required = Has<RequiredMemberAttribute>(property) ? "required " : string.Empty;
        string result = Name(property.PropertyType, Nullability(property));
        return $"{name}: {Modifiers(accessors[0])}{required}{result} {{ {list}}}";
    }

    private static MethodInfo[] Accessors(PropertyInfo property) =>
        [.. property.GetAccessors(nonPublic: true).Where(IsVisible)];

    private static bool IsInit(MethodInfo setter) =>
        setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));

    private static bool IsListed(MethodInfo method) =>
        IsVisible(method)
        && !Has<CompilerGeneratedAttribute>(method)
        && (!method.IsSpecialName || method.Name.StartsWith("op_", StringComparison.Ordinal))
        && !(method.GetBaseDefinition().DeclaringType is { } first
            && (first == typeof(object) || first == typeof(ValueType)));

    private static bool IsVisible(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static bool IsVisible(FieldAttributes attributes) =>
        (attributes & FieldAttributes.FieldAccessMask)
            is FieldAttributes.Public or FieldAttributes.Family or FieldAttributes.FamORAssem;

    private static string MethodName(MethodInfo method) =>
        method.IsGenericMethod
            ? $"{method.Name}<{string.Join(", ", method.GetGenericArguments().Select(Name))}>"
            : method.Name;

    private static string Modifiers(MethodBase method) =>
        (method.IsFamily || method.IsFamilyOrAssembly ? "protected " : string.Empty)
        + (method.IsStatic ? "static " : string.Empty)
        + (method is { IsAbstract: true, DeclaringType.IsInterface: false } ? "abstract "
            : method is { IsVirtual: true, IsFinal: false, DeclaringType: { IsInterface: false, IsSealed: false } }
                ? "virtual "
                : string.Empty);

    private static string ReturnType(MethodInfo method)
    {
        string prefix = !method.ReturnType.IsByRef ? string.Empty
            : Has<IsReadOnlyAttribute>(method.ReturnParameter) ? "ref readonly " : "ref ";
        return prefix + Name(method.ReturnType, Nullability(method.ReturnParameter));
    }

    private static string Parameters(MethodBase method) =>
        $"({string.Join(", ", method.GetParameters().Select(Parameter))})";

    private static string Parameter(ParameterInfo parameter)
    {
        string prefix = parameter.IsOut ? "out "
            : !parameter.ParameterType.IsByRef ? string.Empty
            : Has<IsReadOnlyAttribute>(parameter) ? "in "
            : Has<RequiresLocationAttribute>(parameter) ? "ref readonly " : "ref ";
        string value = parameter.HasDefaultValue
            ? string.Create(CultureInfo.InvariantCulture, $" = {parameter.RawDefaultValue ?? "default"}")
            : string.Empty;
        bool takesRest = Has<ParamArrayAttribute>(parameter) || Has<ParamCollectionAttribute>(parameter);
        string rest = takesRest ? "params " : string.Empty;
        return $"{rest}{prefix}{Name(parameter.ParameterType, Nullability(parameter))} {parameter.Name}{value}";
    }

    private static NullabilityInfo Nullability(ParameterInfo parameter) =>
        new NullabilityInfoContext().Create(parameter);

    private static NullabilityInfo Nullability(PropertyInfo property) => new NullabilityInfoContext().Create(property);

    private static NullabilityInfo Nullability(FieldInfo field) => new NullabilityInfoContext().Create(field);

    private static string Name(Type type, NullabilityInfo nullability)
    {
        NullabilityState[] states = [nullability.ReadState, nullability.WriteState];
        bool isNullable = !type.IsValueType && !type.IsByRef && states.Contains(NullabilityState.Nullable);
        return Name(type) + (isNullable ? "?" : string.Empty);
    }

    private static string FullName(Type type) =>
        type.DeclaringType is { } outer ? $"{FullName(outer)}.{Name(type)}"
        : type.Namespace is null ? Name(type) : $"{type.Namespace}.{Name(type)}";

    private static string Name(Type type)
    {
        if (type.HasElementType)
        {
            string suffix = type.IsArray ? $"[{new string(',', type.GetArrayRank() - 1)}]"
                : type.IsPointer ? "*" : string.Empty;
            return Name(type.GetElementType()!) + suffix;
        }

        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return $"{Name(underlying)}?";
        }

        if (Keywords.TryGetValue(type, out string? keyword))
        {
            return keyword;
        }

        int tick = type.Name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0
            ? type.Name
            : $"{type.Name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }

    private static bool Has<T>(MemberInfo member)
        where T : Attribute => member.IsDefined(typeof(T), inherit: false);

    private static bool Has<T>(ParameterInfo parameter)
        where T : Attribute => parameter.IsDefined(typeof(T), inherit: false);
}
