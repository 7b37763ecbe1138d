using Xunit;

namespace VxlanEngine.Tests.Tidy;

public class CodeTextTests
{
    [Theory]
    [InlineData("a; // b", "a;     ")]
    [InlineData("a /* b\nb */ c", "a     \n     c")]
    [InlineData("/// <b/>\nc", "        \nc")]
    [InlineData("'\"' + b", "    + b")]
    [InlineData("'\\'' + b", "     + b")]
    [InlineData("\"a\\\"b\" + c", "       + c")]
    [InlineData("@\"a\\\" + c", "      + c")]
    [InlineData("@\"a\"\"b\" + c", "        + c")]
    [InlineData("$\"a{b}c\" + d", "    b    + d")]
    [InlineData("$\"{{a}}{b(\"x\")}\" + d", "        b(   )   + d")]
    [InlineData("\"\"\"a \"b\" // c\"\"\" + d", "                 + d")]
    [InlineData("$$\"\"\"{a}{{b}}\"\"\" + d", "          b      + d")]
    [InlineData("#region it's\nb", "#region it's\nb")]
    [InlineData("\"\" + b", "   + b")]
    public void Comments_and_literals_are_blanked_and_code_is_kept(string source, string code) =>
        Assert.Equal(code, CodeText.Of(source));
}
