using System.Reflection;
using System.Reflection.Emit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>Which types compiled code uses, so that no short form of a name hides one.</summary>
internal static class CompiledTypes
{
    private const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic
        | BindingFlags.Instance | BindingFlags.Static;

    private static readonly Dictionary<short, OpCode> OpCodesByValue = typeof(OpCodes).GetFields()
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(o => o.Value);

    /// <summary>The types in the base list, the signatures and the method bodies of one type.</summary>
    public static HashSet<Type> UsedBy(Type type)
    {
        var uses = new HashSet<Type>();
        Add(uses, type.BaseType);
        AddAll(uses, type.GetInterfaces());
        foreach (FieldInfo field in type.GetFields(Declared))
        {
            Add(uses, field.FieldType);
        }

        MethodBase[] methods = [.. type.GetMethods(Declared), .. type.GetConstructors(Declared)];
        foreach (MethodBase method in methods)
        {
            AddMember(uses, method);
            if (method.GetMethodBody() is { } body)
            {
                AddAll(uses, body.LocalVariables.Select(l => l.LocalType));
                AddBody(uses, method, body.GetILAsByteArray()!);
            }
        }

        return uses;
    }

    private static void AddBody(HashSet<Type> uses, MethodBase method, byte[] il)
    {
        Type[]? typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        Type[]? methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        for (int at = 0; at < il.Length;)
        {
            OpCode op = OpCodesByValue[il[at] == 0xFE ? (short)(0xFE00 | il[at + 1]) : il[at]];
            at += op.Size;
            if (op.OperandType is OperandType.InlineMethod or OperandType.InlineField
                or OperandType.InlineType or OperandType.InlineTok)
            {
                int token = BitConverter.ToInt32(il, at);
                AddMember(uses, method.Module.ResolveMember(token, typeArguments, methodArguments));
            }

            at += op.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(il, at)),
                _ => 4,
            };
        }
    }

    private static void AddMember(HashSet<Type> uses, MemberInfo? member)
    {
        Add(uses, member as Type ?? member?.DeclaringType);
        switch (member)
        {
            case FieldInfo field:
                Add(uses, field.FieldType);
                break;
            case MethodBase method:
                AddAll(uses, method.GetParameters().Select(p => p.ParameterType));
                Add(uses, (method as MethodInfo)?.ReturnType);
                AddAll(uses, method.IsGenericMethod ? method.GetGenericArguments() : []);
                break;
        }
    }

    private static void AddAll(HashSet<Type> uses, IEnumerable<Type> types)
    {
        foreach (Type type in types)
        {
            Add(uses, type);
        }
    }

    private static void Add(HashSet<Type> uses, Type? type)
    {
        while (type is { HasElementType: true })
        {
            type = type.GetElementType();
        }

        if (type is not null && !type.IsGenericParameter && uses.Add(type))
        {
            AddAll(uses, type.GetGenericArguments());
        }
    }
}
