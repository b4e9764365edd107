using EcoM2F.Page.Tests;

// one browser and one service for all, on machines of few cores
[assembly: AssemblyFixture(typeof(BrowserAndService))]
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
