using EcoM2F.Inference.Models;
using EcoM2F.Inference.Requests;

namespace EcoM2F.Deploy.Tests.Documentation;

/// <summary>What <c>docs/limits.md</c> says of parameters, against the code that reads them.</summary>
public sealed class LimitsPageTests
{
    [Fact]
    public void Parameters_Table_SaysWhichTaskUsesWhich()
    {
        var rows = OperationsPage.Table(OperationsPage.Read("docs", "limits.md"), "| parameter | allowed | " + string.Join(" | ", TaskNames.All));

        Assert.Equal(RequestParameters.Allowed.Keys, rows.Select(static row => row[0].Trim('`')));
        Assert.All(rows, static row => Assert.Equal(
            TaskNames.All.Select(task => RequestParameters.IsUsedBy(row[0].Trim('`'), TaskNames.Parse(task)) ? "yes" : ""), row[2..]));
    }
}
