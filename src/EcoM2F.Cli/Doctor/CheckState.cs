namespace EcoM2F.Cli.Doctor;

/// <summary>What a check says.</summary>
internal enum CheckState
{
    Fine,

    /// <summary>It works, and could be better.</summary>
    Advice,

    /// <summary>It does not work: exit code 1.</summary>
    Wrong,
}
