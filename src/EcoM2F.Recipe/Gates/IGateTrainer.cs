namespace EcoM2F.Recipe.Gates;

/// <summary>A way to train gates: how it chooses for images that it did not see, and the gate that it makes of all images.</summary>
internal interface IGateTrainer
{
    /// <summary>Chooses the strength of regularisation by cross-validation, anew for every part that is held out and for all images.</summary>
    /// <param name="beta">PQ points per layer, where the loss depends on it.</param>
    void Tune(double beta, CancellationToken cancellationToken);

    /// <summary>Of the gate that <see cref="Fit"/> makes.</summary>
    double Penalty { get; }

    /// <summary>What its points share: <see cref="SharedGains.Name"/>.</summary>
    string Shared { get; }

    /// <summary>Index of the point per image, each chosen by a gate that was trained, regularisation included, without it.</summary>
    int[] ChooseHeldOut(double beta);

    /// <summary>A classifier from all images.</summary>
    LinearGate Fit(double beta);
}
