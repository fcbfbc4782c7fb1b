window.acmeScript = 'ran';
