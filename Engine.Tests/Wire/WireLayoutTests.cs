using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

public sealed class WireLayoutTests
{
    public static TheoryData<Type> WireStructs =>
        [.. typeof(VxlanHeader).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(VxlanHeader).Namespace && type.IsValueType)
            .Where(type => LengthOf(type) is not null)];

    [Theory]
    [MemberData(nameof(WireStructs))]
    public void A_struct_with_a_wire_length_is_packed_and_has_that_size(Type type)
    {
        Assert.Equal(1, type.StructLayoutAttribute!.Pack);
        Assert.Equal(LayoutKind.Sequential, type.StructLayoutAttribute.Value);
        Assert.Equal(LengthOf(type), SizeOf(type));
    }

    [Theory]
    [MemberData(nameof(WireStructs))]
    public void Its_fields_are_private_and_have_no_byte_order_of_the_machine(Type type)
    {
        const BindingFlags all = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
        foreach (FieldInfo field in type.GetFields(all))
        {
            Assert.True(field.IsPrivate);
            Assert.True(
                field.FieldType == typeof(byte) || LengthOf(field.FieldType) is not null || field.Name == "_raw",
                $"{type.Name}.{field.Name}");
        }
    }

    [Fact]
    public void The_headers_are_found()
    {
        Type[] types = [.. ((IEnumerable<object[]>)WireStructs).Select(row => (Type)row[0])];

        Assert.Contains(typeof(VxlanHeader), types);
        Assert.True(types.Length >= 26);
    }

    private static int? LengthOf(Type type) =>
        type.GetField("Length", BindingFlags.Public | BindingFlags.Static) is { IsLiteral: true } length
            ? (int?)length.GetRawConstantValue()
            : null;

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;
}
