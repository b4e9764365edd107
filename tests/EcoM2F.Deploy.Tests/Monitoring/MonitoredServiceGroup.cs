namespace EcoM2F.Deploy.Tests.Monitoring;

/// <summary>Tests in this collection share one <see cref="MonitoredService"/>: <c>[Collection(typeof(MonitoredServiceGroup))]</c>.</summary>
[CollectionDefinition]
public sealed class MonitoredServiceGroup : ICollectionFixture<MonitoredService>;
