using Spectre.Console;

namespace VxlanEngine.Cli;

/// <summary>A table of text: aligned columns for programs, drawn for people at a terminal.</summary>
internal sealed class TextTable(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row with a cell for each column.</summary>
    public void Add(params string[] cells) => _rows.Add(cells);

    /// <summary>Writes the table, without columns that are empty in every row; nothing when it has no rows.</summary>
    /// <param name="io">Where to write.</param>
    /// <param name="indent">Columns to leave free at the left of aligned text.</param>
    public void Write(CommandIo io, int indent = 2)
    {
        int[] shown = Enumerable.Range(0, columns.Length)
            .Where(column => _rows.Exists(row => row[column].Length > 0))
            .ToArray();
        if (_rows.Count == 0)
        {
            return;
        }

        if (io.IsTerminal)
        {
            Draw(io, shown);
        }
        else
        {
            Align(io, shown, indent);
        }
    }

    private void Draw(CommandIo io, int[] shown)
    {
        // Spectre leaves only the colours out when NO_COLOR is set; bold text goes with them here.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(io.Output),
            Ansi = io.IsPlain ? AnsiSupport.No : AnsiSupport.Detect,
        });
        var table = new Table { Border = TableBorder.Rounded };
        foreach (int column in shown)
        {
            table.AddColumn(new TableColumn(new Text(columns[column], new Style(decoration: Decoration.Bold))));
        }

        foreach (string[] row in _rows)
        {
            table.AddRow(shown.Select(column => new Text(row[column])));
        }

        console.Write(table);
    }

    private void Align(CommandIo io, int[] shown, int indent)
    {
        int[] widths = shown
            .Select(column => _rows.Max(row => Math.Max(row[column].Length, columns[column].Length)))
            .ToArray();
        Line(columns);
        foreach (string[] row in _rows)
        {
            Line(row);
        }

        void Line(string[] cells)
        {
            IEnumerable<string> padded = shown.Select((column, i) => cells[column].PadRight(widths[i]));
            io.Output.WriteLine((new string(' ', indent) + string.Join("  ", padded)).TrimEnd());
        }
    }
}
