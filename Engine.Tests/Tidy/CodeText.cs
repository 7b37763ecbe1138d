namespace VxlanEngine.Tests.Tidy;

/// <summary>Blanks the comments and literals of C# text, so that rules about code see only code.</summary>
internal sealed class CodeText
{
    private readonly string _source;
    private readonly char[] _code;
    private int _at;

    private CodeText(string source)
    {
        _source = source;
        _code = source.ToCharArray();
    }

    /// <summary>The text with spaces for comments and literals; the code inside interpolations stays.</summary>
    public static string Of(string source)
    {
        var text = new CodeText(source);
        text.Code(inHole: false);
        return new string(text._code);
    }

    private char Peek(int ahead = 0) => _at + ahead < _source.Length ? _source[_at + ahead] : '\0';

    private void Blank(int count = 1)
    {
        for (; count > 0 && _at < _source.Length; count--, _at++)
        {
            if (_source[_at] != '\n')
            {
                _code[_at] = ' ';
            }
        }
    }

    private int Run(char c)
    {
        int length = 0;
        while (Peek(length) == c)
        {
            length++;
        }

        return length;
    }

    private void BlankThrough(string end)
    {
        int found = _source.IndexOf(end, _at, StringComparison.Ordinal);
        Blank((found < 0 ? _source.Length : found + end.Length) - _at);
    }

    private void Code(bool inHole)
    {
        int depth = 0;
        while (_at < _source.Length)
        {
            char c = Peek();
            if (c == '/' && Peek(1) == '/')
            {
                BlankThrough("\n");
            }
            else if (c == '/' && Peek(1) == '*')
            {
                BlankThrough("*/");
            }
            else if (c == '#' && IsFirstInLine())
            {
                _at += _source.AsSpan(_at).IndexOf('\n') is var n and >= 0 ? n : _source.Length - _at;
            }
            else if (c == '\'')
            {
                Character();
            }
            else if (c is '"' || (c is '$' or '@' && StartsLiteral()))
            {
                Literal();
            }
            else if (inHole && c == '}' && depth == 0)
            {
                return;
            }
            else
            {
                depth += c switch { '{' => 1, '}' => -1, _ => 0 };
                _at++;
            }
        }
    }

    private bool IsFirstInLine()
    {
        int lineStart = _source.LastIndexOf('\n', Math.Max(0, _at - 1)) + 1;
        return _at == 0 || _source.AsSpan(lineStart, _at - lineStart).IsWhiteSpace();
    }

    private bool StartsLiteral()
    {
        int ahead = 0;
        while (Peek(ahead) is '$' or '@')
        {
            ahead++;
        }

        return Peek(ahead) == '"';
    }

    private void Character()
    {
        Blank();
        while (Peek() is not ('\'' or '\n' or '\0'))
        {
            Blank(Peek() == '\\' ? 2 : 1);
        }

        Blank();
    }

    private void Literal()
    {
        int dollars = 0;
        bool verbatim = false;
        for (; Peek() is '$' or '@'; Blank())
        {
            dollars += Peek() == '$' ? 1 : 0;
            verbatim |= Peek() == '@';
        }

        int quotes = Run('"');
        if (!verbatim && quotes >= 3)
        {
            Blank(quotes);
            Raw(quotes, dollars);
        }
        else
        {
            Blank();
            Quoted(verbatim, dollars > 0);
        }
    }

    private void Raw(int quotes, int dollars)
    {
        while (_at < _source.Length)
        {
            if (Run('"') is var run and > 0)
            {
                Blank(run);
                if (run >= quotes)
                {
                    return;
                }
            }
            else if (dollars > 0 && Run('{') is var braces && braces >= dollars)
            {
                Blank(braces);
                Code(inHole: true);
                Blank(dollars);
            }
            else
            {
                Blank();
            }
        }
    }

    private void Quoted(bool verbatim, bool interpolated)
    {
        while (_at < _source.Length)
        {
            char c = Peek();
            if (c == '"' && !(verbatim && Peek(1) == '"'))
            {
                Blank();
                return;
            }

            if (interpolated && c == '{' && Peek(1) != '{')
            {
                Blank();
                Code(inHole: true);
                Blank();
            }
            else
            {
                bool pair = c == '"' || (c == '\\' && !verbatim) || (interpolated && c == '{');
                Blank(pair ? 2 : 1);
            }
        }
    }
}
